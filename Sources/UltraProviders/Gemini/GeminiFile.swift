import UltraAPI

/// Files named by URL, which Google fetches; nothing is downloaded here.
enum GeminiFile {
    /// - Parameters:
    ///   - takesAny: the model takes files of any public server, not of Google's alone.
    ///   - isVertex: `gs://` is taken.
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

    /// By the ending of the path; `nil`: it says nothing, and Google looks for itself.
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
