/// Reads `provider_options`: members for one provider only, merged into the body of its requests.
extension RequestFields {
    /// - Throws: `invalid_request` for a member that has a request field of its own, such as model, messages and output
    ///   limit. Routing, accounting and errors depend on those fields, so they must not be overridden here.
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
                    .invalidRequest, "\(place) must not be set in provider_options",
                    hint: "use the request's own fields, such as model, messages or max_tokens", field: place)
            }
            options[String(provider)] = object
        }
        return options
    }
}

package enum ProviderOptions {
    /// Reserved members in lower case without underscores, because servers accept several spellings.
    private static let owned: Set<String> = [
        "model", "models", "stream", "streamoptions", "messages", "contents", "content", "input", "inputs", "prompt",
        "texts", "requests", "system", "systeminstruction", "n", "bestof", "candidatecount", "maxtokens",
        "maxcompletiontokens", "maxoutputtokens", "maxnewtokens", "numpredict", "npredict", "numgenerations",
        "instructions",
    ]

    /// Members whose objects may contain reserved members.
    private static let holders: Set<String> = [
        "generationconfig", "inferenceconfig", "options", "parameters", "extrabody",
    ]

    /// Members that change the price of a request, with the values that do not raise it.
    private static let surcharged: [String: Set<String>] = [
        "servicetier": ["auto", "default", "standard", "standard_only", "on_demand", "flex", "batch"],
        "speed": ["standard"], "inferencegeo": ["global"],
        "websearchoptions": [], "searchparameters": [], "plugins": [],
    ]

    /// The first member of `object` that may raise the price above the price list; nil if there is none.
    package static func surchargedMember(of object: RawJSON) -> String? {
        do throws(JSONError) {
            return try JSONReader.read(object.bytes) { (reader) throws(JSONError) in
                var found: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    let name = String(key)
                    guard let values = surcharged[plain(name)] else {
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
            // Unreachable: the frame was parsed before.
            return nil
        }
    }

    private static func plain(_ name: String) -> String {
        String(decoding: name.lowercased().utf8.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    }

    /// The path of the first reserved member of `object`; nil if there is none.
    package static func ownedMember(of object: RawJSON) -> String? {
        do throws(JSONError) {
            return try JSONReader.read(object.bytes) { (reader) throws(JSONError) in
                try find(&reader, isInner: false)
            }
        } catch {
            // Unreachable: the frame was validated.
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
