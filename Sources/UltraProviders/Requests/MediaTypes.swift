import UltraAPI

/// Corrects the media types of attachments to registered names, and to the type of the data if the declared one is
/// wrong. Servers trust the declared type and refuse unknown ones.
enum MediaTypes {
    /// The registered (IANA) name of `type`, without parameters; nil if `type` is already that.
    static func registered(_ type: String) -> String? {
        var bare = type.lowercased()
        // The parameters of text types state the character encoding.
        if !bare.hasPrefix("text/"), let end = bare.utf8.firstIndex(of: UInt8(ascii: ";")) {
            bare = String(bare[..<end])
        }
        bare = Settings.trimmed(Substring(bare))
        let known = otherNames[bare] ?? bare
        return known == type ? nil : known
    }

    private static let otherNames = [
        "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/jpe": "image/jpeg", "image/jfif": "image/jpeg",
        "image/x-png": "image/png", "image/x-webp": "image/webp", "image/x-gif": "image/gif",
        "application/x-pdf": "application/pdf", "image/pdf": "application/pdf", "text/pdf": "application/pdf",
        "application/acrobat": "application/pdf", "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png",
        "gif": "image/gif", "webp": "image/webp", "pdf": "application/pdf",
    ]

    /// The media type by the file's signature; nil if the signature is unknown.
    static func sniffed(_ base64: String) -> String? {
        // 16 base64 characters are 12 bytes, enough for every signature.
        let start = base64.utf8.prefix(16)
        for (signature, type) in signatures where start.starts(with: signature.utf8) { return type }
        guard start.starts(with: "UklGR".utf8), let bytes = Base64.decoded(String(Substring(start))), bytes.count == 12,
            bytes[8...].elementsEqual("WEBP".utf8)
        else { return nil }
        return "image/webp"
    }

    /// The signatures in base64, as far as whole characters represent them.
    private static let signatures = [
        ("iVBORw0KGgo", "image/png"), ("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"), ("JVBERi", "application/pdf"),
    ]

    /// The corrected attachment; nil if it needs no correction.
    static func repaired(_ part: Part) -> Part? {
        switch part {
        case .text, .reasoning, .cacheMarker:
            return nil
        case .imageData(let type, let base64):
            guard let type = repaired(type, base64) else { return nil }
            return attachment(type, base64, name: nil)
        case .imageURL(let url):
            guard let data = DataURL(url) else { return nil }
            return attachment(repaired(data.mediaType, data.base64) ?? data.mediaType, data.base64, name: nil)
        case .document(let document):
            switch document.source {
            case .data(let type, let base64):
                guard let type = repaired(type, base64) else { return nil }
                return attachment(type, base64, name: document.name, isDocument: true)
            case .url(let url):
                guard let data = DataURL(url) else { return nil }
                return attachment(
                    repaired(data.mediaType, data.base64) ?? data.mediaType, data.base64, name: document.name,
                    isDocument: true)
            }
        }
    }

    private static func repaired(_ type: String, _ base64: String) -> String? {
        let known = registered(type) ?? type
        let right = sniffed(base64) ?? known
        return right == type ? nil : right
    }

    /// Sends an image that was declared a document as an image, and the other way round.
    private static func attachment(
        _ type: String, _ base64: String, name: String?, isDocument: Bool = false
    ) -> Part {
        let isImage = isDocument ? sniffed(base64)?.hasPrefix("image/") == true : type != "application/pdf"
        return isImage
            ? .imageData(mediaType: type, base64: base64)
            : .document(Document(.data(mediaType: type, base64: base64), name: name))
    }
}

/// A `data:` URL (RFC 2397) with base64 data.
private struct DataURL {
    let mediaType: String
    let base64: String

    /// Fails for any other URL, and for data that is not base64.
    init?(_ url: String) {
        guard url.utf8.count > 5, url.prefix(5).lowercased() == "data:", let comma = url.utf8.firstIndex(of: 0x2C)
        else { return nil }
        let words = url[..<comma].dropFirst(5).split(separator: ";")
        guard words.count > 1, words.last?.lowercased() == "base64" else { return nil }
        var data = String(url[url.utf8.index(after: comma)...])
        // Browsers accept base64 without its padding.
        let length = data.utf8.count % 4
        if length > 1 { data += String(repeating: "=", count: 4 - length) }
        guard Base64.isValid(data), let type = words.first else { return nil }
        mediaType = String(type)
        base64 = data
    }
}
