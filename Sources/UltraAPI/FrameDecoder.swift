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

    /// Capacity that is kept between frames; more is given back when the buffer runs empty.
    static let keptCapacityBytes = 64 << 10

    package init(maxFrameBytes: Int = FrameDecoder.defaultMaxFrameBytes) {
        self.maxFrameBytes = maxFrameBytes
    }

    package var hasPartialFrame: Bool { consumed < buffer.count }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if consumed > 0 {
            buffer.removeFirst(consumed)
            consumed = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole frame's bytes; nil until more has come.
    package mutating func next() throws(FrameError) -> [UInt8]? {
        let available = buffer.count - consumed
        guard available >= 4 else { return nil }
        let length = buffer.withUnsafeBytes { bytes in
            Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: consumed, as: UInt32.self)))
        }
        if isFirst {
            if Self.otherProtocols.contains(UInt32(length)) { throw .otherProtocol }
            isFirst = false
        }
        guard (2...maxFrameBytes).contains(length) else { throw .length(length) }
        guard available - 4 >= length else { return nil }
        let frame = Array(buffer[(consumed + 4)..<(consumed + 4 + length)])
        consumed += 4 + length
        if consumed == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= Self.keptCapacityBytes)
            consumed = 0
        }
        return frame
    }

    /// `GET `, `POST`, `PRI ` as lengths.
    private static let otherProtocols: [UInt32] = [0x4745_5420, 0x504f_5354, 0x5052_4920]
}
