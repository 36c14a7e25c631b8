internal import UltraAPI

/// `data:MEDIA/TYPE[;PARAMETER…];base64,DATA` (RFC 2397).
struct DataURL: Equatable {
    let mediaType: String
    /// The data in the standard alphabet of base64 (RFC 4648), padded.
    let base64: String

    /// nil: `url` is not a data URL in base64 with a media type.
    init?(_ url: String) {
        guard url.prefix(5).lowercased() == "data:", let comma = url.utf8.firstIndex(of: UInt8(ascii: ",")) else {
            return nil
        }
        let parameters = url[url.index(url.startIndex, offsetBy: 5)..<comma].split(separator: ";")
        guard let type = parameters.first, type.contains("/"), parameters.last?.lowercased() == "base64" else {
            return nil
        }
        var data = String(url[url.utf8.index(after: comma)...])
        // Some clients omit the padding.
        let surplus = data.utf8.count % 4
        if surplus > 1, !data.hasSuffix("=") { data += String(repeating: "=", count: 4 - surplus) }
        guard Base64.isValid(data) else { return nil }
        mediaType = type.lowercased()
        base64 = data
    }

    static func isOne(_ url: String) -> Bool { url.prefix(5).lowercased() == "data:" }
}
