import UltraAPI

/// Splits a stream of one JSON text a line (NDJSON), wherever the reads fall.
///
/// Lines end in LF or CRLF; blank lines are skipped; the last line may lack its end.
/// A line that lies whole within one read is delivered in place, without a copy.
package struct JSONLines: Sendable {
    private let limitBytes: Int
    private var partialLine: [UInt8] = []
    /// Bytes of blank lines.
    private(set) var emptyBytes = 0

    package init(limitBytes: Int = ServerSentEvents.limitBytes) {
        self.limitBytes = limitBytes
    }

    /// Takes the next bytes and delivers the lines they complete, until `deliver` returns false;
    /// after that the rest of `bytes` is lost. A line is valid only while it is being delivered.
    package mutating func receive(
        _ bytes: UnsafeRawBufferPointer, _ deliver: (UnsafeRawBufferPointer) -> Bool
    ) throws(SplitLimitExceeded) {
        var position = 0
        while position < bytes.count {
            let end = bytes.firstIndex(of: .lineFeed, from: position)
            let piece = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            position = end + 1
            guard end < bytes.count else {
                try hold(piece)
                return
            }
            if partialLine.isEmpty {
                if piece.count <= 1 { emptyBytes += 1 + piece.count }
                if !hand(piece, to: deliver) { return }
            } else {
                try hold(piece)
                if !handPartialLine(to: deliver) { return }
            }
        }
    }

    /// The stream has ended: delivers a last line without its end.
    package mutating func finish(_ deliver: (UnsafeRawBufferPointer) -> Bool) {
        if !partialLine.isEmpty { _ = handPartialLine(to: deliver) }
    }

    /// True if the first line of `document` is a whole JSON object and another one follows: a stream, though a document
    /// was asked for.
    static func areSeveral(_ document: [UInt8]) -> Bool {
        guard let end = document.firstIndex(of: .lineFeed),
            document[end...].first(where: { !$0.isJSONWhitespace }) == UInt8(ascii: "{")
        else { return false }
        return document[..<end].withUnsafeBytes { line in
            var reader = JSONReader(reply: line)
            do throws(JSONError) {
                try reader.skip()
                try reader.end()
                return true
            } catch {
                return false
            }
        }
    }

    private mutating func handPartialLine(to receiver: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        defer { partialLine.removeAll(keepingCapacity: true) }
        return partialLine.withUnsafeBytes { hand($0, to: receiver) }
    }

    private func hand(_ line: UnsafeRawBufferPointer, to receiver: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        let line = line.last == .carriageReturn ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
        return line.isEmpty ? true : receiver(line)
    }

    private mutating func hold(_ piece: UnsafeRawBufferPointer) throws(SplitLimitExceeded) {
        guard partialLine.count + piece.count < limitBytes else { throw SplitLimitExceeded(limitBytes: limitBytes) }
        partialLine.append(contentsOf: piece)
    }
}
