import UltraAPI

/// The members of `provider_options.anthropic`. All are merged into the body, except two that become headers; their
/// names are those that other hosts of Claude use in the body.
struct AnthropicOptions {
    /// The other members, for `RequestBody`.
    private(set) var body: [String: RawJSON] = [:]
    /// The value of `anthropic_version`; nil if not given.
    private(set) var version: String?
    /// The value of `anthropic_beta`, a string or several joined by commas; nil if not given.
    private(set) var betas: String?

    init(_ request: Request, provider: String) throws(UltraError) {
        guard let options = request.providerOptions[provider] else { return }
        body = [provider: options]
        do throws(JSONError) {
            try JSONReader.read(options.bytes) { (reader) throws(JSONError) in
                // `RequestBody` reports a value that is not an object.
                guard try reader.kind() == .object else { return }
                body = [provider: try read(&reader)]
            }
        } catch {
            throw Self.flaw(provider, "must be a JSON object")
        }
        for value in [version, betas] {
            guard value?.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) ?? true else {
                throw Self.flaw(provider, "may hold printable ASCII only in anthropic_version and anthropic_beta")
            }
        }
    }

    private mutating func read(_ reader: inout JSONReader) throws(JSONError) -> RawJSON {
        var json = JSONWriter()
        json.beginObject()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "anthropic_version": version = try reader.text()
            case "anthropic_beta":
                betas = try reader.kind() == .array ? try reader.texts().joined(separator: ",") : try reader.text()
            default:
                json.key(String(key))
                json.raw(try reader.rawJSON())
            }
        }
        json.endObject()
        return RawJSON(validated: json.bytes)
    }

    private static func flaw(_ provider: String, _ sentence: String) -> UltraError {
        UltraError(
            .invalidRequest, "provider_options.\(provider) \(sentence)", field: "provider_options.\(provider)")
    }
}
