import Foundation

@testable import UltraProviders

/// The recorded replies of one API, by name, with the place where each is complete.
struct RecordedReplies: Sendable {
    /// The adapter that reads the recording with this name.
    let adapter: @Sendable (String) -> any Adapter
    let streams: [String]
    /// Streams that are too long to be cut at every byte.
    var longStreams: [String] = []
    let documents: [String]
    let errors: [String]
    /// True if documents are cut at every byte as well, because the API's streams are lines of documents.
    var areDocumentsCut = false
    /// The number of bytes of a stream that hold everything but usage; nil: the stream is never complete.
    let completeAt: @Sendable (String) -> Int?

    /// The number of bytes of `text` up to the end of the line that contains `pattern`.
    static func endOfLine(of pattern: String, in text: String) -> Int? {
        let found = text.range(of: pattern, options: .regularExpression)
        let end = found.flatMap { text.range(of: "\n", range: $0.upperBound..<text.endIndex)?.lowerBound }
        return end.map { text.utf8.distance(from: text.startIndex, to: $0) }
    }
}
