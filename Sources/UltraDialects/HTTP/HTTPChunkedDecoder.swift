/// Reads a chunked body (RFC 9112, section 7.1) as its bytes arrive. Extensions and trailers are checked and dropped.
struct HTTPChunkedDecoder: Sendable {
    private enum Place: Sendable {
        case size
        /// The data of a chunk; the associated value is the number of bytes still to come.
        case data(Int)
        /// The CRLF after the data.
        case dataEnd
        case trailers
        case ended
    }

    /// Maximum length of the extensions of one chunk.
    static let extensionBytes = 256
    /// Maximum length of the extensions of all chunks of a body.
    static let allExtensionBytes = 4 << 10
    /// Maximum length of the trailer section.
    static let trailerBytes = 8 << 10
    /// Maximum number of hexadecimal digits of a chunk's size.
    static let sizeDigits = 8

    private let limits: HTTPRequestDecoder.Limits
    private var place = Place.size
    private var lines = HTTPLineScanner()
    private var contentBytes = 0
    private var usedExtensionBytes = 0
    private var usedTrailerBytes = 0

    init(_ limits: HTTPRequestDecoder.Limits) {
        self.limits = limits
    }

    var hasEnded: Bool {
        if case .ended = place { true } else { false }
    }

    /// Appends content to `body` and returns the number of decoded bytes. The caller passes the rest again at the next
    /// call; after the end, the rest belongs to the next request.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, appendingTo body: inout [UInt8]
    ) throws(HTTPRefusal) -> Int {
        var used = 0
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[used...])
            switch place {
            case .size:
                let most = Self.sizeDigits + Self.extensionBytes
                guard let line = try nextLine(rest, most, "a chunk's size and extensions are too long") else {
                    return used
                }
                let size = try size(rest, line)
                guard size <= limits.bodyBytes - contentBytes else { throw limits.bodyTooLarge }
                contentBytes += size
                place = size == 0 ? .trailers : .data(size)
                used += line.upperBound + 2
            case .data(let missing):
                let count = min(missing, rest.count)
                body.append(contentsOf: rest[..<count])
                used += count
                guard count == missing else {
                    place = .data(missing - count)
                    return used
                }
                place = .dataEnd
            case .dataEnd:
                for (byte, due) in zip(rest, [0x0D, 0x0A] as [UInt8]) where byte != due {
                    throw HTTPRefusal(400, "a chunk's data is not followed by CRLF")
                }
                guard rest.count >= 2 else { return used }
                place = .size
                used += 2
            case .trailers:
                let most = Self.trailerBytes - usedTrailerBytes
                guard let line = try nextLine(rest, most, "the trailer fields are too long") else { return used }
                used += line.upperBound + 2
                usedTrailerBytes += line.count + 2
                if line.isEmpty {
                    place = .ended
                    return used
                }
                try checkTrailer(rest, line)
            case .ended:
                return used
            }
        }
    }

    /// The line at the beginning of `bytes`; nil: its end has not arrived.
    private mutating func nextLine(
        _ bytes: UnsafeRawBufferPointer, _ most: Int, _ message: String
    ) throws(HTTPRefusal) -> Range<Int>? {
        guard let line = try lines.next(bytes) else {
            // One more byte for the CR.
            guard bytes.count <= most + 1 else { throw HTTPRefusal(400, message) }
            return nil
        }
        lines.rewind()
        guard line.count <= most else { throw HTTPRefusal(400, message) }
        return line
    }

    private mutating func size(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(HTTPRefusal) -> Int {
        let digits = bytes[line].prefix { $0.isHexDigit }
        guard (1...Self.sizeDigits).contains(digits.count) else {
            throw HTTPRefusal(400, "a chunk's size must be 1 to \(Self.sizeDigits) hexadecimal digits")
        }
        let extensions = bytes[digits.endIndex..<line.upperBound]
        usedExtensionBytes += extensions.count
        guard extensions.count <= Self.extensionBytes, usedExtensionBytes <= Self.allExtensionBytes,
            ChunkExtensions.areValid(extensions)
        else { throw HTTPRefusal(400, "the extensions of a chunk are malformed or too long") }
        return digits.reduce(0) { size, digit in
            size << 4 | Int(digit.isDigit ? digit - UInt8(ascii: "0") : (digit | 0x20) - UInt8(ascii: "a") + 10)
        }
    }

    /// RFC 9110, section 6.5.1: a trailer says nothing about how the message is read.
    private func checkTrailer(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(HTTPRefusal) {
        guard !bytes[line.lowerBound].isBlank else {
            throw HTTPRefusal(400, "a trailer line begins with white space")
        }
        let name = try HTTPFieldLine(bytes, line).name
        if bytes.holds("content-length", at: name) || bytes.holds("transfer-encoding", at: name) {
            throw HTTPRefusal(400, "Content-Length and Transfer-Encoding are no trailers")
        }
    }
}

/// `*( ";" token [ "=" ( token / quoted-string ) ] )`, without white space outside quotes (RFC 9112, section 7.1.1).
private enum ChunkExtensions {
    static func areValid(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            guard rest.removeFirst() == UInt8(ascii: ";"), skipToken(&rest) else { return false }
            guard rest.first == UInt8(ascii: "=") else { continue }
            rest.removeFirst()
            if rest.first == UInt8(ascii: "\"") {
                guard skipQuoted(&rest) else { return false }
            } else {
                guard skipToken(&rest) else { return false }
            }
        }
        return true
    }

    private static func skipToken(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Bool {
        let token = rest.prefix { $0.isToken }
        rest = rest[token.endIndex...]
        return !token.isEmpty
    }

    private static func skipQuoted(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Bool {
        rest.removeFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), escaped >= 0x20, escaped < 0x7F else { return false }
            // HTAB is a control character too.
            case 0x20...0x7E: break
            default: return false
            }
        }
        return false
    }
}
