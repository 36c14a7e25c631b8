/// Why a byte stream is no sequence of frames. The connection cannot go on.
package enum FrameError: Error, Equatable, Sendable {
    /// A length outside the bounds.
    case length(Int)
    /// The first bytes are another protocol's: `GET `, `POST` or `PRI `.
    case otherProtocol
}

/// Cuts a byte stream into frames: a 32-bit big-endian length, then so many bytes.
///
/// The length is checked before anything is kept for it, and nothing is reserved beyond what has come.
package struct FrameDecoder: Sendable {
    /// 16 MiB.
    package static let defaultMaxFrameBytes = 16 << 20

    package let maxFrameBytes: Int
    private var buffer: [UInt8] = []
    /// Bytes of `buffer` that were given out already.
    private var consumed = 0
    private var isFirst = true
    /// The frame whose bytes are dropped as they come.
    private var discarded: DiscardedFrame?

    /// Capacity that is kept between frames; more is given back when the buffer runs empty.
    static let keptCapacityBytes = 8 << 10

    package init(maxFrameBytes: Int = FrameDecoder.defaultMaxFrameBytes) {
        self.maxFrameBytes = maxFrameBytes
    }

    package var hasPartialFrame: Bool { consumed < buffer.count || discarded != nil }

    /// Bytes that a long frame which has begun still lacks; nil: it is a short one, or its length has not come yet.
    package var missingOfLongFrame: Int? {
        if let discarded { return discarded.missingByteCount > 0 ? discarded.missingByteCount : nil }
        let available = buffer.count - consumed
        guard available >= 4 else { return nil }
        let length = headLength
        guard length > Self.keptCapacityBytes, 4 + length > available else { return nil }
        return 4 + length - available
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        var bytes = bytes
        if discarded != nil {
            let count = discarded?.receive(bytes) ?? 0
            bytes = UnsafeRawBufferPointer(rebasing: bytes[count...])
            guard !bytes.isEmpty else { return }
        }
        if consumed > 0 {
            buffer.removeFirst(consumed)
            consumed = 0
        }
        buffer.append(contentsOf: bytes)
    }

    private var headLength: Int {
        buffer.withUnsafeBytes { bytes in
            Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: consumed, as: UInt32.self)))
        }
    }

    /// The length of the next frame; nil until it has come.
    package mutating func nextLength() throws(FrameError) -> Int? {
        guard buffer.count - consumed >= 4, discarded == nil else { return nil }
        let length = headLength
        if isFirst {
            if Self.otherProtocols.contains(UInt32(length)) { throw .otherProtocol }
            isFirst = false
        }
        guard (2...maxFrameBytes).contains(length) else { throw .length(length) }
        return length
    }

    /// The next frame will be taken whole: a long one gets its place at once, so that it is not copied as it grows.
    package mutating func expect(_ length: Int) {
        guard length > Self.keptCapacityBytes, buffer.count - consumed < 4 + length else { return }
        buffer.removeFirst(consumed)
        consumed = 0
        buffer.reserveCapacity(4 + length)
    }

    /// Drops the next frame, whose length has come, as its bytes come.
    package mutating func discard() {
        guard buffer.count - consumed >= 4, discarded == nil else { return }
        var frame = DiscardedFrame(length: headLength)
        let start = consumed + 4
        let count = buffer.withUnsafeBytes { frame.receive(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        discarded = frame
        consume(4 + count)
    }

    /// Once the dropped frame has come to its end: the request's id, 0 where none was found; nil until then.
    package mutating func takeDiscarded() -> Int? {
        guard let frame = discarded, frame.missingByteCount == 0 else { return nil }
        discarded = nil
        return frame.id ?? 0
    }

    /// The next whole frame's bytes; nil until more has come.
    package mutating func next() throws(FrameError) -> [UInt8]? {
        guard let length = try nextLength(), buffer.count - consumed - 4 >= length else { return nil }
        if consumed == 0, buffer.count == 4 + length, length > Self.keptCapacityBytes {
            var frame: [UInt8] = []
            swap(&frame, &buffer)
            frame.removeFirst(4)
            return frame
        }
        let frame = Array(buffer[(consumed + 4)..<(consumed + 4 + length)])
        consume(4 + length)
        return frame
    }

    private mutating func consume(_ count: Int) {
        consumed += count
        guard consumed == buffer.count else { return }
        buffer.removeAll(keepingCapacity: buffer.capacity <= Self.keptCapacityBytes)
        consumed = 0
    }

    /// `GET `, `POST`, `PRI ` as lengths.
    private static let otherProtocols: [UInt32] = [0x4745_5420, 0x504f_5354, 0x5052_4920]
}
