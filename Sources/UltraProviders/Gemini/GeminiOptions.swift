import UltraAPI

/// `provider_options.gemini`: merged into the body, and its `generationConfig` into ours, where most options live.
struct GeminiOptions {
    /// All but `generationConfig`, for `RequestBody`.
    private(set) var top: [String: RawJSON] = [:]
    private(set) var generationConfig: RawJSON?
    private let provider: String

    init(_ options: RawJSON?, provider: String) {
        self.provider = provider
        guard let options else { return }
        top = [provider: options]
        // What is no object is reported by who reads `top`.
        guard var members = try? SchemaMembers(options) else { return }
        generationConfig = members.remove("generationConfig")
        if generationConfig != nil { top = [provider: members.json] }
    }

    /// Our members, of which those the client gives are replaced.
    func merged(_ facts: WireFacts, _ write: (inout RequestBody) -> Void) throws(UltraError) -> RawJSON? {
        var config = try RequestBody(generationConfig.map { [provider: $0] } ?? [:], provider: provider, facts)
        write(&config)
        let bytes = config.finish()
        return bytes == Array("{}".utf8) ? nil : RawJSON(validated: bytes)
    }
}
