/// `provider_options`: what only one provider has, merged into the body of its requests.
extension RequestFields {
    /// Throws `invalid_request` for a member that is not the client's to set there: one that says which model is asked,
    /// what it is told, and how much it may answer has a field of its own, by which the request is routed, counted and
    /// blamed.
    mutating func providerOptions() throws(UltraError) -> [String: RawJSON] {
        var options: [String: RawJSON] = [:]
        try object("an object by provider") { (fields, provider) throws(UltraError) in
            let object = try fields.rawObject()
            if let name = ProviderOptions.ownedMember(of: object) {
                let place = "provider_options.\(String(provider)).\(name)"
                throw UltraError(
                    .invalidRequest, "\(place) may not be set there",
                    hint: "say it by the request's own fields, such as model, messages, max_tokens", field: place)
            }
            options[String(provider)] = object
        }
        return options
    }
}

private enum ProviderOptions {
    /// In lower case and without underscores: servers take both spellings, and some any case.
    private static let owned: Set<String> = [
        "model", "models", "stream", "streamoptions", "messages", "contents", "content", "input", "inputs", "prompt",
        "texts", "requests", "system", "systeminstruction", "n", "bestof", "candidatecount", "maxtokens",
        "maxcompletiontokens", "maxoutputtokens", "numpredict",
    ]

    /// Members that hold others of ours.
    private static let holders: Set<String> = ["generationconfig", "options"]

    /// The first member of `object` that is not the client's to set, with its path.
    static func ownedMember(of object: RawJSON) -> String? {
        do throws(JSONError) {
            return try JSONReader.read(object.bytes) { (reader) throws(JSONError) in
                try find(&reader, isInner: false)
            }
        } catch {
            // It was valid when the frame came.
            return nil
        }
    }

    private static func find(_ reader: inout JSONReader, isInner: Bool) throws(JSONError) -> String? {
        var found: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            let name = String(key)
            let plain = String(decoding: name.lowercased().utf8.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
            if owned.contains(plain) {
                found = found ?? name
            } else if !isInner, holders.contains(plain), try reader.kind() == .object {
                let inner = try find(&reader, isInner: true)
                found = found ?? inner.map { "\(name).\($0)" }
                continue
            }
            try reader.skip()
        }
        return found
    }
}
