import UltraAPI

/// A `reasoning` item of a response. It is carried to the next request as the signature of the reasoning.
struct ReasoningItem: Equatable {
    var id: String?
    /// The model's reasoning, encrypted by the provider.
    var encryptedContent: String

    init(id: String?, encryptedContent: String) {
        self.id = id
        self.encryptedContent = encryptedContent
    }

    /// Fails for a signature of another API.
    init?(signature: String) {
        var id: String?
        var content: String?
        do throws(JSONError) {
            try JSONReader.read(Array(signature.utf8)) { (reader) throws(JSONError) in
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "id": id = try reader.stringOrNull()
                    case "encrypted_content": content = try reader.stringOrNull()
                    default: try reader.skip()
                    }
                }
                try reader.end()
            }
        } catch {
            return nil
        }
        guard let content, !content.isEmpty else { return nil }
        self.init(id: id, encryptedContent: content)
    }

    /// The item as JSON: `{"id":"rs_…","encrypted_content":"…"}`.
    var signature: String {
        var json = JSONWriter()
        json.beginObject()
        json.fieldIfPresent("id", id)
        json.field("encrypted_content", encryptedContent)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
