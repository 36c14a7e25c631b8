import UltraAPI

/// One element of `contents`, ready to be written.
struct GeminiContent: Equatable {
    enum Role: String {
        case user, model
    }

    enum Part: Equatable {
        /// - Parameter signature: `thoughtSignature`; a part with an empty text may carry one.
        case text(String, signature: String? = nil)
        case inline(Inline)
        case file(mediaType: String?, uri: String)
        case call(id: String?, name: String, arguments: RawJSON, signature: String?)
        case result(id: String?, name: String, response: RawJSON, media: [Inline])
    }

    struct Inline: Equatable {
        var mediaType: String
        var base64: String
    }

    var role: Role
    var parts: [Part]
    /// True for a turn of tool results, which must not be merged with the user's next message.
    var holdsResults = false
}

extension JSONWriter {
    mutating func contents(_ contents: [GeminiContent]) {
        beginArray()
        for content in contents {
            beginObject()
            field("role", content.role.rawValue)
            key("parts")
            beginArray()
            for part in content.parts { self.part(part) }
            endArray()
            endObject()
        }
        endArray()
    }

    private mutating func part(_ part: GeminiContent.Part) {
        switch part {
        case .text(let text, let signature):
            beginObject()
            field("text", text)
            fieldIfPresent("thoughtSignature", signature)
            endObject()
        case .inline(let inline):
            self.inline(inline)
        case .file(let mediaType, let uri):
            beginObject()
            key("fileData")
            beginObject()
            fieldIfPresent("mimeType", mediaType)
            field("fileUri", uri)
            endObject()
            endObject()
        case .call(let id, let name, let arguments, let signature):
            beginObject()
            key("functionCall")
            beginObject()
            fieldIfPresent("id", id)
            field("name", name)
            field("args", arguments)
            endObject()
            fieldIfPresent("thoughtSignature", signature)
            endObject()
        case .result(let id, let name, let response, let media):
            beginObject()
            key("functionResponse")
            beginObject()
            fieldIfPresent("id", id)
            field("name", name)
            field("response", response)
            if !media.isEmpty {
                key("parts")
                beginArray()
                for inline in media { self.inline(inline) }
                endArray()
            }
            endObject()
            endObject()
        }
    }

    private mutating func inline(_ inline: GeminiContent.Inline) {
        beginObject()
        key("inlineData")
        beginObject()
        field("mimeType", inline.mediaType)
        field("data", inline.base64)
        endObject()
        endObject()
    }
}

/// Files given by URL. Google downloads them; nothing is downloaded here.
enum GeminiFile {
    /// Converts a file's URL.
    /// - Parameters:
    ///   - takesAny: true if the model accepts files of any public server, not only of Google's.
    ///   - isVertex: true accepts `gs://` URLs.
    /// - Throws: `urlRefused`.
    static func part(
        _ url: String, takesAny: Bool, isVertex: Bool
    ) throws(GeminiConversation.Flaw) -> GeminiContent.Part {
        let isGoogles = [
            "https://generativelanguage.googleapis.com/", "https://www.youtube.com/", "https://youtube.com/",
            "https://youtu.be/",
        ].contains(where: url.hasPrefix)
        guard isGoogles || takesAny && url.hasPrefix("https://") || isVertex && url.hasPrefix("gs://") else {
            throw .urlRefused
        }
        return .file(mediaType: mediaType(url), uri: url)
    }

    /// The media type by the path's extension; nil if it is unknown, and Google detects the type itself.
    private static func mediaType(_ url: String) -> String? {
        let path = url.prefix { $0 != "?" && $0 != "#" }
        guard let name = path.split(separator: "/").last, let dot = name.lastIndex(of: ".") else { return nil }
        return mediaTypes[name[name.index(after: dot)...].lowercased()]
    }

    private static let mediaTypes = [
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "heic": "image/heic",
        "heif": "image/heif", "gif": "image/gif", "pdf": "application/pdf", "txt": "text/plain", "csv": "text/csv",
        "html": "text/html", "xml": "text/xml", "json": "application/json", "md": "text/markdown",
    ]
}
