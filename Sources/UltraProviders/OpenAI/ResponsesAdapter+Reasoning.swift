import UltraAPI

/// A `reasoning` item of an answer, as its signature carries it to the next request.
struct ReasoningItem: Equatable {
    var id: String?
    /// What the model thought, for itself alone.
    var encryptedContent: String

    init(id: String?, encryptedContent: String) {
        self.id = id
        self.encryptedContent = encryptedContent
    }

    /// `nil`: a signature of another API, which the model could not read.
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

    /// `{"id":"rs_…","encrypted_content":"…"}`
    var signature: String {
        var json = JSONWriter()
        json.beginObject()
        json.fieldIfPresent("id", id)
        json.field("encrypted_content", encryptedContent)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
