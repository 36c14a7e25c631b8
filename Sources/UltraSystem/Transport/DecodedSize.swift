internal import UltraAPI

/// How large a compressed body becomes, which its sender decides: a few kilobytes can stand for gigabytes.
struct DecodedSize {
    /// Decoded bytes so far.
    private(set) var byteCount = 0
    /// When to look next.
    private var lookAt = Self.lookEvery

    static let lookEvery = 1 << 20
    /// Decoded bytes of one body.
    static let limitBytes = 64 << 20
    /// Decoded bytes for each that came over the wire, beyond the first megabyte.
    static let ratioLimit = 1000
    /// What libcurl has read and not counted yet while it decodes a chunked body (7.88): a buffer full.
    static let uncountedBytes = 16 << 10

    /// Counts bytes; true: enough have come to look at them.
    @inline(__always)
    mutating func needsLook(at count: Int) -> Bool {
        byteCount &+= count
        return byteCount >= lookAt
    }

    /// What is wrong; nil: nothing.
    /// - Parameters:
    ///   - head: of the reply.
    ///   - wireBytes: of the body, as they came.
    mutating func flaw(_ head: HTTPHead?, _ wireBytes: Int) -> TransportError? {
        guard head?["content-encoding"] != nil else {
            lookAt = .max
            return nil
        }
        lookAt = byteCount + Self.lookEvery
        if byteCount > Self.limitBytes {
            return TransportError(
                .tooLarge, .body, "its compressed reply is larger than \(Self.limitBytes >> 20) MiB")
        }
        let counted = wireBytes + (head?["transfer-encoding"] == nil ? 0 : Self.uncountedBytes)
        if byteCount / Self.ratioLimit > max(counted, Self.lookEvery / Self.ratioLimit) {
            return TransportError(
                .protocolViolation, .body, "its reply is compressed more than \(Self.ratioLimit) : 1")
        }
        return nil
    }
}
