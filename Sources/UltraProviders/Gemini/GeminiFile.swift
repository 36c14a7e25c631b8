import UltraAPI

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
