import UltraAPI

/// An element of OpenRouter's `reasoning_details`: text, a summary or encrypted data, in the format of the provider
/// behind it. It must be sent back unchanged, so the object without its text is treated as the reasoning's signature.
struct ReasoningDetail: Equatable {
    var text = ""
    /// The JSON object without its text; nil if it holds nothing that must be sent back.
    var signature: String?

    init(_ reader: inout JSONReader) throws(JSONError) {
        var json = JSONWriter()
        var isProof = false
        json.beginObject()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "text", "summary":
                text += try reader.stringOrNull() ?? ""
            case "signature", "data":
                let name = String(key)
                if try reader.kind() == .string {
                    isProof = true
                    json.key(name)
                    json.raw(try reader.rawJSON())
                } else {
                    try reader.skip()
                }
            default:
                json.key(String(key))
                json.raw(try reader.rawJSON())
            }
        }
        json.endObject()
        if isProof { signature = String(decoding: json.bytes, as: UTF8.self) }
    }

    /// Rebuilds the object from a signature and its text; nil if the signature is from another API.
    static func restored(_ signature: String, text: String) -> RawJSON? {
        do throws(JSONError) {
            return try JSONReader.read(Array(signature.utf8)) { (reader) throws(JSONError) in
                var type = ""
                var json = JSONWriter()
                json.beginObject()
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "type":
                        type = try reader.string()
                        json.field("type", type)
                    default:
                        json.key(String(key))
                        json.raw(try reader.rawJSON())
                    }
                }
                try reader.end()
                if type == "reasoning.text" { json.field("text", text) }
                if type == "reasoning.summary" { json.field("summary", text) }
                json.endObject()
                return type.hasPrefix("reasoning.") ? RawJSON(validated: json.bytes) : nil
            }
        } catch {
            return nil
        }
    }
}
