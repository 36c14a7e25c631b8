import Glibc

/// One event of a `text/event-stream`. Both ranges are valid only while it is being delivered.
package struct ServerSentEvent {
    /// The `event` field; empty when the event has none.
    package let name: UnsafeRawBufferPointer
    /// The `data` lines, joined by LF.
    package let data: UnsafeRawBufferPointer
}

/// A line, an event or a document is longer than may be held.
package struct SplitLimitExceeded: Error, Equatable {
    package let limitBytes: Int
}

/// How much of one reply is held at once; in bytes.
package struct ReplyLimits: Sendable, Equatable {
    /// The longest line, and the longest data of one event.
    package var event: Int
    /// The longest reply that is one document.
    package var document: Int

    package init(event: Int = ServerSentEvents.limitBytes, document: Int = ReplyDecoder.documentLimitBytes) {
        self.event = event
        self.document = document
    }
}

/// Splits a `text/event-stream` into events, wherever the reads fall
/// (WHATWG HTML, "Server-sent events", interpretation rules).
///
/// Lines end in LF, CRLF or CR; comments and the `id` and `retry` fields are skipped; a leading BOM is dropped.
/// Three deviations, all seen from real servers: at the end of the stream an event without its blank line is still
/// delivered, a field called `error` (old llama.cpp) is an event of that name, and so are the lines from one that
/// begins with `{` to the next blank one (Google's errors within a stream).
/// An event that lies whole within one read is delivered in place, without a copy.
package struct ServerSentEvents: Sendable {
    /// Longest line, and longest data of one event: a stream that exceeds it is hostile or broken.
    package static let limitBytes = 16 << 20

    private let limitBytes: Int
    /// The beginning of a line whose end has not come yet.
    private var partialLine: [UInt8] = []
    private var name: [UInt8] = []
    /// Data of the present event that could not stay where it was read.
    private var heldData: [UInt8] = []
    private var holdsData = false
    private var previousReadEndedInCR = false
    private var isAtStart = true
    /// Within JSON that stands in the stream without a field's name.
    private var isBareJSON = false
    /// Bytes of lines that belong to no event with data: comments, blank lines, fields that are skipped.
    private(set) var emptyBytes = 0

    package init(limitBytes: Int = Self.limitBytes) {
        self.limitBytes = limitBytes
    }

    /// Takes the next bytes and delivers the events they complete, until `deliver` returns false;
    /// after that the rest of `bytes` is lost.
    package mutating func receive(
        _ bytes: UnsafeRawBufferPointer, _ deliver: (ServerSentEvent) -> Bool
    ) throws(SplitLimitExceeded) {
        var position = 0
        if previousReadEndedInCR, let first = bytes.first {
            previousReadEndedInCR = false
            if first == .lineFeed { position = 1 }
        }
        // The only data line of the present event, where it was read.
        var data: UnsafeRawBufferPointer?
        var nextCR = bytes.firstIndex(of: .carriageReturn, from: position)
        while position < bytes.count {
            if nextCR < position { nextCR = bytes.firstIndex(of: .carriageReturn, from: position) }
            let end = min(bytes.firstIndex(of: .lineFeed, from: position), nextCR)
            guard end < bytes.count else { break }
            let line = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            position = end + 1
            if end == nextCR {
                if position == bytes.count {
                    previousReadEndedInCR = true
                } else if bytes[position] == .lineFeed {
                    position += 1
                }
            }
            if !partialLine.isEmpty {
                try continueLine(line)
                try takePartialLine()
            } else if !line.isEmpty {
                try take(line, &data)
            } else if !dispatch(data, deliver) {
                return
            } else {
                data = nil
            }
        }
        if let data { try hold(data) }
        try continueLine(UnsafeRawBufferPointer(rebasing: bytes[position...]))
    }

    /// The stream has ended: delivers what a missing line end or blank line held back.
    package mutating func finish(_ deliver: (ServerSentEvent) -> Bool) throws(SplitLimitExceeded) {
        if !partialLine.isEmpty { try takePartialLine() }
        _ = dispatch(nil, deliver)
    }

    /// Takes one line that lies within a read, is not empty and has lost its end.
    private mutating func take(
        _ line: UnsafeRawBufferPointer, _ data: inout UnsafeRawBufferPointer?
    ) throws(SplitLimitExceeded) {
        let (field, valueStart) = Field.parse(line, isFirstLine: isAtStart, isBareJSON: &isBareJSON)
        isAtStart = false
        let value = UnsafeRawBufferPointer(rebasing: line[valueStart...])
        if field == .data, data == nil, !holdsData {
            data = value
        } else {
            if let earlier = data, field == .data || field == .error {
                try hold(earlier)
                data = nil
            }
            count(field, line.count)
            try take(field, value)
        }
    }

    private mutating func takePartialLine() throws(SplitLimitExceeded) {
        var isBare = isBareJSON
        let (field, valueStart) = partialLine.withUnsafeBytes {
            Field.parse($0, isFirstLine: isAtStart, isBareJSON: &isBare)
        }
        isBareJSON = isBare
        isAtStart = false
        count(field, partialLine.count)
        try take(field, partialLine[valueStart...])
        partialLine.removeAll(keepingCapacity: true)
    }

    private mutating func take(_ field: Field, _ value: some Collection<UInt8>) throws(SplitLimitExceeded) {
        switch field {
        case .data:
            try hold(value)
        case .event:
            name.removeAll(keepingCapacity: true)
            name.append(contentsOf: value)
        case .error:
            name = Array("error".utf8)
            try hold(value)
        case .ignored:
            break
        }
    }

    /// Counts a line that says nothing by itself.
    private mutating func count(_ field: Field, _ byteCount: Int) {
        if field == .ignored || field == .event { emptyBytes += byteCount + 1 }
    }

    /// Ends the present event. Returns false when the receiver wants no more.
    private mutating func dispatch(
        _ data: UnsafeRawBufferPointer?, _ deliver: (ServerSentEvent) -> Bool
    ) -> Bool {
        defer {
            if !name.isEmpty { name.removeAll(keepingCapacity: true) }
            if holdsData { heldData.removeAll(keepingCapacity: true) }
            holdsData = false
            isBareJSON = false
        }
        return name.withUnsafeBytes { name in
            if let data { return deliver(ServerSentEvent(name: name, data: data)) }
            if !holdsData { emptyBytes += 1 }
            return !holdsData || heldData.withUnsafeBytes { deliver(ServerSentEvent(name: name, data: $0)) }
        }
    }

    private mutating func hold(_ value: some Collection<UInt8>) throws(SplitLimitExceeded) {
        guard heldData.count + value.count < limitBytes else { throw SplitLimitExceeded(limitBytes: limitBytes) }
        if holdsData { heldData.append(.lineFeed) }
        heldData.append(contentsOf: value)
        holdsData = true
    }

    private mutating func continueLine(_ piece: UnsafeRawBufferPointer) throws(SplitLimitExceeded) {
        guard partialLine.count + piece.count < limitBytes else { throw SplitLimitExceeded(limitBytes: limitBytes) }
        if !piece.isEmpty { partialLine.append(contentsOf: piece) }
    }
}

/// The fields of a stream's line that matter here.
private enum Field {
    case data, event, error, ignored

    /// The field of `line`, and where its value starts: one space after the colon is not part of it.
    static func parse(
        _ line: UnsafeRawBufferPointer, isFirstLine: Bool, isBareJSON: inout Bool
    ) -> (Field, valueStart: Int) {
        if isBareJSON || line.first == UInt8(ascii: "{") {
            isBareJSON = true
            return (.error, 0)
        }
        let start = isFirstLine && line.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        if let value = valueStart(of: "data", in: line, from: start) { return (.data, value) }
        if let value = valueStart(of: "event", in: line, from: start) { return (.event, value) }
        if let value = valueStart(of: "error", in: line, from: start) { return (.error, value) }
        return (.ignored, line.count)
    }

    @inline(__always)
    private static func valueStart(of name: StaticString, in line: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let end = start + name.utf8CodeUnitCount
        guard line.count >= end, let base = line.baseAddress, memcmp(base + start, name.utf8Start, end - start) == 0
        else { return nil }
        guard line.count > end else { return end }
        guard line[end] == UInt8(ascii: ":") else { return nil }
        return line.count > end + 1 && line[end + 1] == UInt8(ascii: " ") ? end + 2 : end + 1
    }
}
