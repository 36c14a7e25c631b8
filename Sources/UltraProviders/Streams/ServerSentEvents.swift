import Glibc

/// One event of a `text/event-stream`. Both buffers are valid only while the event is delivered.
package struct ServerSentEvent {
    /// The value of the `event` field; empty if there is none.
    package let name: UnsafeRawBufferPointer
    /// The values of the `data` fields, joined by LF.
    package let data: UnsafeRawBufferPointer
}

/// A line, an event or a document exceeds its size limit.
package struct SplitLimitExceeded: Error, Equatable {
    /// The limit that was exceeded, in bytes.
    package let limitBytes: Int
}

/// Size limits for one reply, in bytes.
package struct ReplyLimits: Sendable, Equatable {
    /// The maximum length of a line, and of one event's data.
    package var event: Int
    /// The maximum length of a reply that is one JSON document.
    package var document: Int

    package init(event: Int = ServerSentEvents.limitBytes, document: Int = ReplyDecoder.documentLimitBytes) {
        self.event = event
        self.document = document
    }
}

/// Splits a `text/event-stream` into events, wherever reads end (WHATWG HTML, section 9.2.6).
///
/// Lines end in LF, CRLF or CR. Comments and the fields `id` and `retry` are skipped, and a leading byte order mark is
/// dropped. There are three deviations from the standard, each needed for existing servers: an event is delivered at
/// the end of the stream even without its blank line; a field named `error` (old llama.cpp) is an event of that name;
/// and lines from one that begins with `{` to the next blank line are an `error` event (Google's errors inside a
/// stream).
///
/// An event that lies within one read is delivered in place, without a copy.
package struct ServerSentEvents: Sendable {
    /// The default limit in bytes for a line and for the data of one event.
    package static let limitBytes = 16 << 20

    private let limitBytes: Int
    /// The start of a line whose end was not received yet.
    private var partialLine: [UInt8] = []
    private var name: [UInt8] = []
    /// The data of the current event that had to be copied.
    private var heldData: [UInt8] = []
    private var holdsData = false
    private var previousReadEndedInCR = false
    private var isAtStart = true
    /// True inside JSON text without a field name.
    private var isBareJSON = false
    /// The total length in bytes of lines without event data: comments, blank lines and ignored fields.
    private(set) var emptyBytes = 0

    package init(limitBytes: Int = Self.limitBytes) {
        self.limitBytes = limitBytes
    }

    /// Appends bytes and delivers the events they complete, until `deliver` returns false. The rest of `bytes` is then
    /// dropped.
    /// - Throws: if a line or an event's data exceeds the limit.
    package mutating func receive(
        _ bytes: UnsafeRawBufferPointer, _ deliver: (ServerSentEvent) -> Bool
    ) throws(SplitLimitExceeded) {
        var position = 0
        if previousReadEndedInCR, let first = bytes.first {
            previousReadEndedInCR = false
            if first == .lineFeed { position = 1 }
        }
        // The current event's only data line, still in the read buffer.
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
                try processPartialLine()
            } else if !line.isEmpty {
                try process(line, &data)
            } else if !dispatch(data, deliver) {
                return
            } else {
                data = nil
            }
        }
        if let data { try buffer(data) }
        try continueLine(UnsafeRawBufferPointer(rebasing: bytes[position...]))
    }

    /// Delivers the last event if the stream ended without a line end or blank line.
    /// - Throws: if the event's data exceeds the limit.
    package mutating func finish(_ deliver: (ServerSentEvent) -> Bool) throws(SplitLimitExceeded) {
        if !partialLine.isEmpty { try processPartialLine() }
        _ = dispatch(nil, deliver)
    }

    /// Processes one line that lies within a read; it is not empty and has no line end.
    private mutating func process(
        _ line: UnsafeRawBufferPointer, _ data: inout UnsafeRawBufferPointer?
    ) throws(SplitLimitExceeded) {
        let (field, valueStart) = Field.parse(line, isFirstLine: isAtStart, isBareJSON: &isBareJSON)
        isAtStart = false
        let value = UnsafeRawBufferPointer(rebasing: line[valueStart...])
        if field == .data, data == nil, !holdsData {
            data = value
        } else {
            if let earlier = data, field == .data || field == .error {
                try buffer(earlier)
                data = nil
            }
            count(field, line.count)
            try process(field, value)
        }
    }

    private mutating func processPartialLine() throws(SplitLimitExceeded) {
        var isBare = isBareJSON
        let (field, valueStart) = partialLine.withUnsafeBytes {
            Field.parse($0, isFirstLine: isAtStart, isBareJSON: &isBare)
        }
        isBareJSON = isBare
        isAtStart = false
        count(field, partialLine.count)
        try process(field, partialLine[valueStart...])
        partialLine.removeAll(keepingCapacity: true)
    }

    private mutating func process(_ field: Field, _ value: some Collection<UInt8>) throws(SplitLimitExceeded) {
        switch field {
        case .data:
            try buffer(value)
        case .event:
            name.removeAll(keepingCapacity: true)
            name.append(contentsOf: value)
        case .error:
            name = Array("error".utf8)
            try buffer(value)
        case .ignored:
            break
        }
    }

    /// Counts a line that carries no data.
    private mutating func count(_ field: Field, _ byteCount: Int) {
        if field == .ignored || field == .event { emptyBytes += byteCount + 1 }
    }

    /// Ends the current event and delivers its data, if it has any. Returns false if the receiver wants no more.
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

    private mutating func buffer(_ value: some Collection<UInt8>) throws(SplitLimitExceeded) {
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

/// The fields that are processed.
private enum Field {
    case data, event, error, ignored

    /// Returns the field of `line` and the index of its value, after the colon and one optional space.
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
