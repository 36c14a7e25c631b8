package import UltraAPI

/// Ultra's own request header fields, for settings that OpenAI's API does not have.
package struct UltraHeaderFields: Sendable, Equatable {
    /// `x-ultra-cache`.
    package var cache: CacheMode?
    /// `x-ultra-fallback`.
    package var fallback: Fallback?
    /// `x-ultra-tags`.
    package var tags: [String] = []
    /// `x-ultra-timeout-ms`.
    package var timeoutMilliseconds: Int?

    /// One week.
    static let longestTimeoutMilliseconds = 7 * 24 * 3_600_000

    package init() {}

    /// - Throws: `invalid_request`; the error's `field` is the header field.
    package init(_ head: HTTPRequestHead) throws(UltraError) {
        if let word = head["x-ultra-cache"] {
            guard let mode = CacheMode(rawValue: word) else {
                throw Self.wrong("x-ultra-cache", #""default", "off" or "refresh""#)
            }
            cache = mode
        }
        if let word = head["x-ultra-fallback"] { fallback = try Self.fallback(word) }
        tags = try Self.list(
            head.values("x-ultra-tags").joined(separator: ","), "x-ultra-tags", .tags, .tagBytes)
        if let word = head["x-ultra-timeout-ms"] {
            guard let limit = Int(word), (1...Self.longestTimeoutMilliseconds).contains(limit) else {
                throw Self.wrong("x-ultra-timeout-ms", "an integer from 1 to \(Self.longestTimeoutMilliseconds)")
            }
            timeoutMilliseconds = limit
        }
    }

    private static func fallback(_ word: String) throws(UltraError) -> Fallback {
        switch word {
        case "true": return .configured
        case "false": return Fallback.none
        default:
            let models = try list(word, "x-ultra-fallback", .fallback, .modelBytes)
            return models.isEmpty ? Fallback.none : .models(models)
        }
    }

    /// The comma-separated elements of `text` without surrounding white space; empty elements are ignored.
    private static func list(
        _ text: String, _ field: String, _ count: RequestBound, _ length: RequestBound
    ) throws(UltraError) -> [String] {
        var elements: [String] = []
        for element in text.split(separator: ",") {
            let element = String(
                element.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
            guard !element.isEmpty else { continue }
            guard element.utf8.count <= length.most else { throw length.exceeded(at: field) }
            guard elements.count < count.most else { throw count.exceeded(at: field) }
            guard !element.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
            else {
                throw wrong(field, "without control characters")
            }
            elements.append(element)
        }
        return elements
    }

    private static func wrong(_ field: String, _ what: String) -> UltraError {
        UltraError(.invalidRequest, "\(field) must be \(what)", field: field)
    }

    /// Applies the settings, except the timeout, which the door applies.
    package func apply(to request: inout Request) {
        if let cache { request.cache = cache }
        if let fallback { request.fallback = fallback }
        request.tags += tags
    }

    /// Applies the cache mode and the tags; embeddings have no fallback.
    package func apply(to request: inout EmbedRequest) {
        if let cache { request.cache = cache }
        request.tags += tags
    }
}
