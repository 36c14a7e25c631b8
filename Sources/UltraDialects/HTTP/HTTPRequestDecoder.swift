/// Cuts the bytes of a connection into HTTP/1.1 and HTTP/1.0 requests (RFC 9112). A pure value: bytes in, heads and
/// bodies out. The first refusal ends the stream.
///
/// It accepts a strict subset of the grammar, without options for leniency, so that no other recipient reads an accepted
/// request differently. It buffers at most what the limits allow and reserves no memory for announced lengths.
package struct HTTPRequestDecoder: Sendable {
    package struct Limits: Sendable, Equatable {
        /// Request line and header fields.
        package var headBytes = 64 << 10
        package var fields = 100
        package var targetBytes = 8 << 10
        package var bodyBytes = 32 << 20

        package init() {}

        var bodyTooLarge: HTTPRefusal {
            HTTPRefusal(413, "the body is larger than \(bodyBytes) bytes (http.body_bytes)")
        }
    }

    package enum Event: Sendable, Equatable {
        /// A body follows unless `body` is `none`; then `end` follows at once.
        case head(HTTPRequestHead)
        /// The request is complete; the next one may follow.
        case end
    }

    private enum Place: Sendable {
        case head(HTTPHeadDecoder)
        /// Content-Length body; the associated value is the number of bytes still to come.
        case length(Int)
        case chunked(HTTPChunkedDecoder)
        case failed(HTTPRefusal)
    }

    package let limits: Limits
    private var place: Place
    private var buffer: [UInt8] = []
    /// Bytes at the start of `buffer` that were decoded.
    private var consumed = 0

    /// Capacity kept while nothing is buffered.
    static let keptCapacityBytes = 1 << 10

    package init(_ limits: Limits = Limits()) {
        self.limits = limits
        place = .head(HTTPHeadDecoder(limits))
    }

    /// Received bytes that were not decoded yet.
    package var bufferedByteCount: Int { buffer.count - consumed }

    /// True from the first byte of a request until its `end`.
    package var isInRequest: Bool {
        if case .head = place { bufferedByteCount > 0 } else { true }
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if consumed > 0 {
            buffer.removeFirst(consumed)
            consumed = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next event; nil until more bytes arrive.
    ///
    /// - Parameter body: Content of the body is appended to it.
    /// - Throws: The refusal that ends the connection; every later call throws it again.
    package mutating func next(appendingTo body: inout [UInt8]) throws(HTTPRefusal) -> Event? {
        do throws(HTTPRefusal) {
            return try step(&body)
        } catch {
            place = .failed(error)
            consume(bufferedByteCount)
            throw error
        }
    }

    private mutating func step(_ body: inout [UInt8]) throws(HTTPRefusal) -> Event? {
        switch place {
        case .head(var decoder):
            guard let (head, count) = try withUnread({ (bytes) throws(HTTPRefusal) in try decoder.read(bytes) }) else {
                place = .head(decoder)
                return nil
            }
            consume(count)
            switch head.body {
            case .none: place = .length(0)
            case .length(let length): place = .length(length)
            case .chunked: place = .chunked(HTTPChunkedDecoder(limits))
            }
            return .head(head)
        case .length(let missing):
            let count = min(missing, bufferedByteCount)
            body.append(contentsOf: buffer[consumed..<consumed + count])
            consume(count)
            place = .length(missing - count)
            return missing == count ? end() : nil
        case .chunked(var decoder):
            let count = try withUnread { (bytes) throws(HTTPRefusal) in
                try decoder.read(bytes, appendingTo: &body)
            }
            consume(count)
            place = .chunked(decoder)
            return decoder.hasEnded ? end() : nil
        case .failed(let refusal):
            throw refusal
        }
    }

    private mutating func end() -> Event {
        place = .head(HTTPHeadDecoder(limits))
        return .end
    }

    private func withUnread<Value>(
        _ body: (UnsafeRawBufferPointer) throws(HTTPRefusal) -> Value
    ) throws(HTTPRefusal) -> Value {
        try buffer.withUnsafeBufferPointer { (buffer) throws(HTTPRefusal) in
            try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[consumed...]))
        }
    }

    private mutating func consume(_ count: Int) {
        consumed += count
        guard consumed == buffer.count else { return }
        buffer.removeAll(keepingCapacity: buffer.capacity <= Self.keptCapacityBytes)
        consumed = 0
    }
}
