internal import UltraAPI

/// Limits the decoded size of a compressed body: a few kilobytes on the wire can expand to gigabytes.
struct DecodedSize {
    /// Decoded bytes received so far.
    private(set) var byteCount = 0
    /// The next check is due at this many decoded bytes.
    private var nextCheckAt = Self.checkInterval

    /// Decoded bytes between two checks.
    static let checkInterval = 1 << 20
    /// The most decoded bytes of one compressed body.
    static let limitBytes = 64 << 20
    /// The highest ratio of decoded to wire bytes, beyond the first megabyte.
    static let ratioLimit = 1000
    /// libcurl 7.88 counts the wire bytes of a chunked body late, by up to one buffer.
    static let uncountedBytes = 16 << 10

    /// Counts decoded bytes. True if `violation(_:_:)` is due.
    @inline(__always)
    mutating func needsCheck(after count: Int) -> Bool {
        byteCount &+= count
        return byteCount >= nextCheckAt
    }

    /// The limit that was exceeded; nil if none was.
    /// - Parameters:
    ///   - head: The reply's head.
    ///   - wireBytes: Bytes of the body as received.
    mutating func violation(_ head: HTTPHead?, _ wireBytes: Int) -> TransportError? {
        guard head?["content-encoding"] != nil else {
            nextCheckAt = .max
            return nil
        }
        nextCheckAt = byteCount + Self.checkInterval
        if byteCount > Self.limitBytes {
            return TransportError(
                .tooLarge, .body, "its compressed reply is larger than \(Self.limitBytes >> 20) MiB")
        }
        let counted = wireBytes + (head?["transfer-encoding"] == nil ? 0 : Self.uncountedBytes)
        if byteCount / Self.ratioLimit > max(counted, Self.checkInterval / Self.ratioLimit) {
            return TransportError(
                .protocolViolation, .body, "its reply is compressed more than \(Self.ratioLimit) : 1")
        }
        return nil
    }
}
