import UltraAPI

/// The members of `provider_options.gemini`. They are merged into the body; those of `generationConfig`, where most
/// options are, into the adapter's `generationConfig`.
struct GeminiOptions {
    /// All members except `generationConfig`, for `RequestBody`.
    private(set) var top: [String: RawJSON] = [:]
    private(set) var generationConfig: RawJSON?
    private let provider: String

    init(_ options: RawJSON?, provider: String) {
        self.provider = provider
        guard let options else { return }
        top = [provider: options]
        // `RequestBody` reports a value that is not an object.
        guard var members = try? SchemaMembers(options) else { return }
        generationConfig = members.remove("generationConfig")
        if generationConfig != nil { top = [provider: members.json] }
    }

    /// Writes the adapter's members of `generationConfig` and merges the client's into them; nil if there are none.
    func merged(_ facts: WireFacts, _ write: (inout RequestBody) -> Void) throws(UltraError) -> RawJSON? {
        var config = try RequestBody(generationConfig.map { [provider: $0] } ?? [:], provider: provider, facts)
        write(&config)
        let bytes = config.finish()
        return bytes == Array("{}".utf8) ? nil : RawJSON(validated: bytes)
    }
}
