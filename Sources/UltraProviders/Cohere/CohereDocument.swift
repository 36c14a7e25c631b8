import UltraAPI

/// A document in the form that Cohere accepts: text only.
struct CohereDocument {
    let title: String?
    let text: String

    /// Fails if the document is not text, not UTF-8 or given by URL.
    init?(_ document: Document) {
        guard case .data(let mediaType, let base64) = document.source,
            mediaType.hasPrefix("text/") || ["application/json", "application/xml"].contains(mediaType),
            let bytes = Base64.decoded(base64), let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        title = document.name
        self.text = text
    }

    func write(id: String?, _ json: inout JSONWriter) {
        json.beginObject()
        json.fieldIfPresent("id", id)
        json.key("data")
        json.beginObject()
        json.fieldIfPresent("title", title)
        json.field("text", text)
        json.endObject()
        json.endObject()
    }
}
