/// `provider_options`: what only one provider has, merged into the body of its requests.
extension RequestFields {
    /// Throws `invalid_request` for a member that is not the client's to set there: one that says which model is asked,
    /// what it is told, and how much it may answer has a field of its own, by which the request is routed, counted and
    /// blamed.
    mutating func providerOptions() throws(UltraError) -> [String: RawJSON] {
        var options: [String: RawJSON] = [:]
        try object("an object by provider") { (fields, provider) throws(UltraError) in
            guard String(provider).utf8.count <= RequestBound.providerBytes.most else {
                throw RequestBound.providerBytes.exceeded(at: fields.parentPlace)
            }
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

package enum ProviderOptions {
    /// In lower case and without underscores: servers take both spellings, and some any case.
    private static let owned: Set<String> = [
        "model", "models", "stream", "streamoptions", "messages", "contents", "content", "input", "inputs", "prompt",
        "texts", "requests", "system", "systeminstruction", "n", "bestof", "candidatecount", "maxtokens",
        "maxcompletiontokens", "maxoutputtokens", "maxnewtokens", "numpredict", "npredict", "numgenerations",
        "instructions",
    ]

    /// Members that hold others of ours.
    private static let holders: Set<String> = [
        "generationconfig", "inferenceconfig", "options", "parameters", "extrabody",
    ]

    /// Members by which a provider charges other prices, and their values that do not raise them.
    private static let dear: [String: Set<String>] = [
        "servicetier": ["auto", "default", "standard", "standard_only", "on_demand", "flex", "batch"],
        "speed": ["standard"], "inferencegeo": ["global"],
        "websearchoptions": [], "searchparameters": [], "plugins": [],
    ]

    /// The first member of `object` that may have the provider charge more than its price list says.
    package static func dearMember(of object: RawJSON) -> String? {
        do throws(JSONError) {
            return try JSONReader.read(object.bytes) { (reader) throws(JSONError) in
                var found: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    let name = String(key)
                    guard let values = dear[plain(name)] else {
                        try reader.skip()
                        continue
                    }
                    let isUsual: Bool
                    switch try reader.kind() {
                    case .string: isUsual = values.contains(try reader.string())
                    case .null:
                        try reader.null()
                        isUsual = true
                    default:
                        try reader.skip()
                        isUsual = false
                    }
                    if !isUsual { found = found ?? name }
                }
                return found
            }
        } catch {
            // It was valid when the frame came.
            return nil
        }
    }

    private static func plain(_ name: String) -> String {
        String(decoding: name.lowercased().utf8.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    }

    /// The first member of `object` that is not the client's to set, with its path.
    fileprivate static func ownedMember(of object: RawJSON) -> String? {
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
            let plain = plain(name)
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
