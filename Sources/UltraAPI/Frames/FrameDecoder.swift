/// The byte stream is not a sequence of frames; the connection must be closed.
package enum FrameError: Error, Equatable, Sendable {
    /// A frame length out of range.
    case length(Int)
    /// The stream starts with the bytes of another protocol: `GET `, `POST` or `PRI `.
    case otherProtocol
}

/// Splits a byte stream into frames: a 32-bit big-endian length, then that many bytes.
///
/// The length is checked before anything is allocated for it.
package struct FrameDecoder: Sendable {
    /// 16 MiB.
    package static let defaultMaxFrameBytes = 16 << 20

    package let maxFrameBytes: Int
    private var buffer: [UInt8] = []
    /// Bytes of `buffer` already returned.
    private var consumed = 0
    private var isFirst = true
    /// The frame being discarded.
    private var discarded: DiscardedFrame?

    /// Buffer capacity kept between frames. A larger buffer is released once it is empty.
    static let keptCapacityBytes = 8 << 10

    package init(maxFrameBytes: Int = FrameDecoder.defaultMaxFrameBytes) {
        self.maxFrameBytes = maxFrameBytes
    }

    /// True if part of a frame was received.
    package var hasPartialFrame: Bool { consumed < buffer.count || discarded != nil }

    /// Bytes missing from a long frame that has begun; nil for a short one, or if its length was not received yet.
    package var missingOfLongFrame: Int? {
        if let discarded { return discarded.missingByteCount > 0 ? discarded.missingByteCount : nil }
        let available = buffer.count - consumed
        guard available >= 4 else { return nil }
        let length = headLength
        guard length > Self.keptCapacityBytes, 4 + length > available else { return nil }
        return 4 + length - available
    }

    /// Adds received bytes. Bytes of a frame that is being discarded are dropped.
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

    /// The length of the next frame; nil until it was received.
    /// - Throws: `FrameError` if the length is out of range or another protocol's.
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

    /// Reserves room for the next frame, so that a long one is not copied as it grows.
    package mutating func expect(_ length: Int) {
        guard length > Self.keptCapacityBytes, buffer.count - consumed < 4 + length else { return }
        buffer.removeFirst(consumed)
        consumed = 0
        buffer.reserveCapacity(4 + length)
    }

    /// Discards the next frame, whose length was received, as its bytes arrive.
    package mutating func discard() {
        guard buffer.count - consumed >= 4, discarded == nil else { return }
        var frame = DiscardedFrame(length: headLength)
        let start = consumed + 4
        let count = buffer.withUnsafeBytes { frame.receive(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        discarded = frame
        consume(4 + count)
    }

    /// When a discarded frame is complete: its request id, or 0 if none was found. nil until then.
    package mutating func takeDiscarded() -> Int? {
        guard let frame = discarded, frame.missingByteCount == 0 else { return nil }
        discarded = nil
        return frame.id ?? 0
    }

    /// The next complete frame's JSON; nil until it was received.
    /// - Throws: `FrameError` as `nextLength()`.
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

    /// `GET `, `POST` and `PRI ` read as lengths.
    private static let otherProtocols: [UInt32] = [0x4745_5420, 0x504f_5354, 0x5052_4920]
}
