import Foundation

@testable import UltraProviders

/// The recorded replies of one API, by name, and how its end is known.
struct RecordedReplies: Sendable {
    /// Who reads the recording of that name.
    let adapter: @Sendable (String) -> any Adapter
    let streams: [String]
    /// Streams that are too long to be cut at every byte.
    var longStreams: [String] = []
    let documents: [String]
    let errors: [String]
    /// A document is cut at every byte as well: it is a stream of one line.
    var areDocumentsCut = false
    /// How many bytes of a stream hold all but usage; `nil`: it is never complete.
    let completeAt: @Sendable (String) -> Int?

    /// Bytes of `text` up to the end of the line in which `pattern` is found.
    static func endOfLine(of pattern: String, in text: String) -> Int? {
        let found = text.range(of: pattern, options: .regularExpression)
        let end = found.flatMap { text.range(of: "\n", range: $0.upperBound..<text.endIndex)?.lowerBound }
        return end.map { text.utf8.distance(from: text.startIndex, to: $0) }
    }
}
