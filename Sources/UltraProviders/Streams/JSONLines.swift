import UltraAPI

/// Splits a stream of one JSON text per line (NDJSON), wherever reads end.
///
/// Lines end in LF or CRLF. Blank lines are skipped, and the last line may lack its end. A line that lies within one
/// read is delivered in place, without a copy.
package struct JSONLines: Sendable {
    private let limitBytes: Int
    private var partialLine: [UInt8] = []
    /// The total length of blank lines, in bytes.
    private(set) var emptyBytes = 0

    package init(limitBytes: Int = ServerSentEvents.limitBytes) {
        self.limitBytes = limitBytes
    }

    /// Appends bytes and delivers the lines they complete, until `deliver` returns false. The rest of `bytes` is then
    /// dropped. A line is valid only during the call of `deliver`.
    /// - Throws: if a line exceeds the limit.
    package mutating func receive(
        _ bytes: UnsafeRawBufferPointer, _ deliver: (UnsafeRawBufferPointer) -> Bool
    ) throws(SplitLimitExceeded) {
        var position = 0
        while position < bytes.count {
            let end = bytes.firstIndex(of: .lineFeed, from: position)
            let piece = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            position = end + 1
            guard end < bytes.count else {
                try buffer(piece)
                return
            }
            if partialLine.isEmpty {
                if piece.count <= 1 { emptyBytes += 1 + piece.count }
                if !pass(piece, to: deliver) { return }
            } else {
                try buffer(piece)
                if !passPartialLine(to: deliver) { return }
            }
        }
    }

    /// Delivers the last line if the stream ended without a line end.
    package mutating func finish(_ deliver: (UnsafeRawBufferPointer) -> Bool) {
        if !partialLine.isEmpty { _ = passPartialLine(to: deliver) }
    }

    /// True if the first line of `document` is a complete JSON object and another object follows: the server streamed
    /// although a document was requested.
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

    private mutating func passPartialLine(to receiver: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        defer { partialLine.removeAll(keepingCapacity: true) }
        return partialLine.withUnsafeBytes { pass($0, to: receiver) }
    }

    private func pass(_ line: UnsafeRawBufferPointer, to receiver: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        let line = line.last == .carriageReturn ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
        return line.isEmpty ? true : receiver(line)
    }

    private mutating func buffer(_ piece: UnsafeRawBufferPointer) throws(SplitLimitExceeded) {
        guard partialLine.count + piece.count < limitBytes else { throw SplitLimitExceeded(limitBytes: limitBytes) }
        partialLine.append(contentsOf: piece)
    }
}
