import UltraAPI

/// A content block of a request.
struct AnthropicBlock: Equatable {
    enum Content: Equatable {
        case text(String)
        case image(Source)
        case document(Source, title: String?)
        case thinking(String, signature: String)
        case redactedThinking(String)
        /// `input` is a JSON object.
        case toolUse(id: String, name: String, input: RawJSON)
        case toolResult(id: String, content: [AnthropicBlock])
    }

    enum Source: Equatable {
        case url(String)
        case base64(mediaType: String, data: String)
        case text(String)
    }

    var content: Content
    /// The marker as the client wrote it; nil if the block is not the end of a cached prefix.
    var cacheControl: RawJSON?

    init(_ content: Content) {
        self.content = content
    }

    var isToolResult: Bool {
        if case .toolResult = content { true } else { false }
    }

    /// True for thinking, visible or redacted. Such a block cannot have a cache marker.
    var isThinking: Bool {
        switch content {
        case .thinking, .redactedThinking: true
        case .text, .image, .document, .toolUse, .toolResult: false
        }
    }

    func write(_ json: inout JSONWriter) {
        json.beginObject()
        switch content {
        case .text(let text):
            json.field("type", "text")
            json.field("text", text)
        case .image(let source):
            json.field("type", "image")
            Self.write(source, &json)
        case .document(let source, let title):
            json.field("type", "document")
            Self.write(source, &json)
            json.fieldIfPresent("title", title)
        case .thinking(let text, let signature):
            json.field("type", "thinking")
            json.field("thinking", text)
            json.field("signature", signature)
        case .redactedThinking(let data):
            json.field("type", "redacted_thinking")
            json.field("data", data)
        case .toolUse(let id, let name, let input):
            json.field("type", "tool_use")
            json.field("id", id)
            json.field("name", name)
            json.field("input", input)
        case .toolResult(let id, let content):
            json.field("type", "tool_result")
            json.field("tool_use_id", id)
            if !content.isEmpty {
                json.key("content")
                Self.write(content, &json)
            }
        }
        json.fieldIfPresent("cache_control", cacheControl)
        json.endObject()
    }

    static func write(_ blocks: [AnthropicBlock], _ json: inout JSONWriter) {
        json.beginArray()
        for block in blocks { block.write(&json) }
        json.endArray()
    }

    private static func write(_ source: Source, _ json: inout JSONWriter) {
        json.key("source")
        json.beginObject()
        switch source {
        case .url(let url):
            json.field("type", "url")
            json.field("url", url)
        case .base64(let mediaType, let data):
            json.field("type", "base64")
            json.field("media_type", mediaType)
            json.field("data", data)
        case .text(let text):
            json.field("type", "text")
            json.field("media_type", "text/plain")
            json.field("data", text)
        }
        json.endObject()
    }
}

/// Conversion of images and documents to blocks.
enum AnthropicFiles {
    static func image(_ url: String, _ omitted: Omissions) throws(UltraError) -> AnthropicBlock {
        return AnthropicBlock(.image(.url(try fetched(url, omitted))))
    }

    static func image(
        _ mediaType: String, _ base64: String, _ omitted: Omissions
    ) throws(UltraError) -> AnthropicBlock {
        guard ["image/jpeg", "image/png", "image/gif", "image/webp"].contains(mediaType) else {
            throw omitted.capabilityMissing("takes JPEG, PNG, GIF and WebP images only")
        }
        return AnthropicBlock(.image(.base64(mediaType: mediaType, data: base64)))
    }

    static func document(_ document: Document, _ omitted: Omissions) throws(UltraError) -> AnthropicBlock {
        let title = document.name == "" ? nil : document.name
        switch document.source {
        case .url(let url):
            return AnthropicBlock(.document(.url(try fetched(url, omitted)), title: title))
        case .data(let mediaType, let base64):
            return AnthropicBlock(.document(try source(mediaType, base64, omitted), title: title))
        }
    }

    /// The source of a document: PDF as base64, any text format as plain text.
    private static func source(
        _ mediaType: String, _ base64: String, _ omitted: Omissions
    ) throws(UltraError) -> AnthropicBlock.Source {
        let type = mediaType.lowercased().prefix { $0 != ";" }
        if type == "application/pdf" { return .base64(mediaType: "application/pdf", data: base64) }
        guard type.hasPrefix("text/") || type == "application/json" || type == "application/xml" else {
            throw omitted.capabilityMissing("takes PDF and text documents only")
        }
        guard let bytes = Base64.decoded(base64), let text = String(validating: bytes, as: UTF8.self) else {
            throw omitted.badRequest("a text document is not base64 of UTF-8")
        }
        return .text(text)
    }

    private static func fetched(_ url: String, _ omitted: Omissions) throws(UltraError) -> String {
        guard url.lowercased().hasPrefix("https://") else {
            throw omitted.capabilityMissing(
                "fetches https URLs only", hint: "send the file itself, as media_type and data")
        }
        return url
    }
}
