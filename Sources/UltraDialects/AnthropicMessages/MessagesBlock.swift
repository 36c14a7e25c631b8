internal import UltraAPI

/// The members of a content block, before their combination is checked.
struct MessagesBlock {
    private(set) var type: String?
    private(set) var text: String?
    private(set) var thinking: String?
    private(set) var signature: String?
    private(set) var data: String?
    private(set) var id: String?
    private(set) var name: String?
    /// The JSON text of an object.
    private(set) var input: String?
    private(set) var toolUseID: String?
    private(set) var toolName: String?
    private(set) var isError = false
    private(set) var title: String?
    private(set) var cacheControl: RawJSON?
    /// `content` of a tool result, a search result or a document.
    private(set) var parts: [Part] = []
    /// Names in `tool_reference` blocks of the content.
    private(set) var referencedTools: Set<String> = []
    private var source = Source()
    /// `source` of a search result.
    private(set) var sourceText: String?

    /// `source` of an image or a document.
    private struct Source {
        var type: String?
        var mediaType: String?
        var data: String?
        var url: String?
        var parts: [Part] = []
    }

    init(_ fields: inout RequestFields) throws(UltraError) {
        try fields.object("a block: {\"type\",…}") { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "type": type = try fields.string()
            case "text": text = try fields.string()
            case "thinking": thinking = try fields.string()
            case "signature": signature = try fields.string()
            case "data": data = try fields.string()
            case "id": id = try fields.name("the id of the call", .callIDBytes)
            case "name": name = try fields.name("the name of a tool", .toolNameBytes)
            case "input" where try fields.isNext(.object):
                input = String(decoding: try fields.rawObject().bytes, as: UTF8.self)
            case "tool_use_id": toolUseID = try fields.name("the id of a call", .callIDBytes)
            case "tool_name": toolName = try fields.name("the name of a tool", .toolNameBytes)
            case "is_error": isError = try fields.bool()
            case "title": title = try fields.string()
            case "cache_control" where try fields.isNext(.object): cacheControl = try fields.rawObject()
            case "source" where try fields.isNext(.string): sourceText = try fields.string()
            case "source" where try fields.isNext(.object): source = try Self.source(&fields)
            // Results of tools that Anthropic's servers run have other content, and are left out anyway.
            case "content" where try !fields.isNext(.object):
                var blocks = MessagesBlocks()
                var ignored = RequestWarnings()
                try blocks.read(&fields, &ignored)
                parts = blocks.parts
                referencedTools = blocks.referencedTools
            default: try fields.skip()
            }
        }
    }

    private static func source(_ fields: inout RequestFields) throws(UltraError) -> Source {
        var source = Source()
        try fields.object { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "type": source.type = try fields.string()
            case "media_type": source.mediaType = try fields.string()
            case "data": source.data = try fields.string()
            case "url": source.url = try fields.string()
            case "content":
                var blocks = MessagesBlocks()
                var ignored = RequestWarnings()
                try blocks.read(&fields, &ignored)
                source.parts = blocks.parts
            default: try fields.skip()
            }
        }
        return source
    }

    /// The texts of the content.
    var texts: [String] {
        parts.compactMap { part in
            if case .text(let text) = part { text } else { nil }
        }
    }

    func image(_ fields: RequestFields) throws(UltraError) -> Part {
        switch source.type {
        case "base64": return .imageData(mediaType: try mediaType(fields), base64: try base64(fields))
        case "url":
            guard let url = source.url, !url.isEmpty else { throw fields.expected("a URL", at: "source.url") }
            return .imageURL(url)
        case "file": throw noFiles(fields)
        default: throw fields.expected(#"one of "base64", "url""#, at: "source.type")
        }
    }

    /// The document, or a text part if the document is plain text.
    func document(_ fields: RequestFields) throws(UltraError) -> [Part] {
        let heading: [Part] = title.map { [.text($0)] } ?? []
        switch source.type {
        case "base64":
            return [
                .document(Document(.data(mediaType: try mediaType(fields), base64: try base64(fields)), name: title))
            ]
        case "url":
            guard let url = source.url, !url.isEmpty else { throw fields.expected("a URL", at: "source.url") }
            return [.document(Document(.url(url), name: title))]
        case "text":
            guard let text = source.data else { throw fields.expected("a string", at: "source.data") }
            return heading + [.text(text)]
        case "content": return heading + source.parts
        case "file": throw noFiles(fields)
        default: throw fields.expected(#"one of "base64", "url", "text", "content""#, at: "source.type")
        }
    }

    private func mediaType(_ fields: RequestFields) throws(UltraError) -> String {
        guard let type = source.mediaType, type.contains("/") else {
            throw fields.expected("a media type", at: "source.media_type")
        }
        return type.lowercased()
    }

    private func base64(_ fields: RequestFields) throws(UltraError) -> String {
        guard let data = source.data, Base64.isValid(data) else {
            throw fields.expected("padded base64", at: "source.data")
        }
        return data
    }

    private func noFiles(_ fields: RequestFields) -> UltraError {
        fields.cannotBeHad("ultrad keeps no files", hint: "send base64 data in place of a file_id")
    }
}
