/// A request line: `METHOD SP target SP HTTP/1.x` with single spaces (RFC 9112, section 3).
struct HTTPRequestLine: Sendable {
    /// nil: a valid method that the server does not implement.
    let method: HTTPRequestHead.Method?
    let path: String
    let query: String?
    /// Host and port of an absolute target; nil for other targets.
    let authority: String?
    /// The minor version of HTTP/1: 0 or 1. Higher ones are served as 1 (RFC 9110, section 2.5).
    let minorVersion: Int

    init(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, _ limits: HTTPRequestDecoder.Limits
    ) throws(HTTPRefusal) {
        let malformed = HTTPRefusal(400, "the request line is malformed: METHOD TARGET HTTP/1.1 is needed")
        let space = UInt8(ascii: " ")
        guard let methodEnd = bytes[line].firstIndex(of: space), methodEnd > line.lowerBound,
            bytes[line.lowerBound..<methodEnd].allSatisfy(\.isToken)
        else { throw malformed }
        let rest = methodEnd + 1..<line.upperBound
        let targetEnd = bytes[rest].firstIndex(of: space) ?? rest.upperBound
        guard targetEnd - rest.lowerBound <= limits.targetBytes else {
            throw HTTPRefusal(414, "the request target is longer than \(limits.targetBytes) bytes")
        }
        guard targetEnd > rest.lowerBound, targetEnd < rest.upperBound else { throw malformed }
        minorVersion = try Self.minorVersion(bytes[(targetEnd + 1)..<line.upperBound], malformed)
        method = HTTPRequestHead.Method(
            rawValue: String(decoding: bytes[line.lowerBound..<methodEnd], as: UTF8.self))
        let target = bytes[rest.lowerBound..<targetEnd]
        // Visible ASCII without `#`: clients keep the fragment to themselves.
        guard target.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
            throw HTTPRefusal(400, "the request target holds a character that must be percent-encoded")
        }
        let text = String(decoding: target, as: UTF8.self)
        // Other methods have targets of other forms, such as CONNECT's host and port.
        (authority, path, query) = method == nil ? (nil, text, nil) : try Self.parts(of: text)
    }

    private static func minorVersion(
        _ word: Slice<UnsafeRawBufferPointer>, _ malformed: HTTPRefusal
    ) throws(HTTPRefusal) -> Int {
        let (major, minor) = (word.startIndex + 5, word.startIndex + 7)
        guard word.count == 8, word.starts(with: "HTTP/".utf8), word[major].isDigit,
            word[major + 1] == UInt8(ascii: "."), word[minor].isDigit
        else { throw malformed }
        guard word[major] == UInt8(ascii: "1") else {
            throw HTTPRefusal(505, "this socket speaks HTTP/1.1 and HTTP/1.0")
        }
        return word[minor] == UInt8(ascii: "0") ? 0 : 1
    }

    /// Origin-form, absolute-form or `*`.
    private static func parts(
        of target: String
    ) throws(HTTPRefusal) -> (authority: String?, path: String, query: String?) {
        var rest = Substring(target)
        var authority: String?
        if !target.hasPrefix("/"), target != "*" {
            guard let scheme = ["http://", "https://"].first(where: { target.lowercased().hasPrefix($0) }) else {
                throw HTTPRefusal(400, "the request target must begin with /")
            }
            rest = rest.dropFirst(scheme.count)
            let name = rest.prefix { $0 != "/" && $0 != "?" }
            guard !name.isEmpty, HTTPAuthority.isValid(name.utf8) else {
                throw HTTPRefusal(400, "the request target names no valid host")
            }
            rest = rest.dropFirst(name.count)
            authority = String(name)
        }
        guard let mark = rest.firstIndex(of: "?") else {
            return (authority, rest.isEmpty ? "/" : String(rest), nil)
        }
        let path = rest[..<mark]
        return (authority, path.isEmpty ? "/" : String(path), String(rest[rest.index(after: mark)...]))
    }
}

/// `host [":" port]` (RFC 3986, section 3.2), without a user.
enum HTTPAuthority {
    /// True for the empty text too, which `Host` has for a target without authority (RFC 9112, section 3.2).
    static func isValid(_ text: some Collection<UInt8>) -> Bool {
        var rest = Array(text)[...]
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let address = rest[(rest.startIndex + 1)..<end]
            guard !address.isEmpty, address.allSatisfy({ isOfAddress($0) }) else { return false }
            rest = rest[(end + 1)...]
        } else {
            let name = rest.prefix { $0 != UInt8(ascii: ":") }
            guard isName(name) else { return false }
            rest = rest[name.endIndex...]
            if name.isEmpty { return rest.isEmpty }
        }
        guard let colon = rest.first else { return true }
        let port = rest.dropFirst()
        return colon == UInt8(ascii: ":") && port.count <= 5 && port.allSatisfy(\.isDigit)
    }

    /// A character of an IPv6 address. Zones and future address formats are not supported.
    private static func isOfAddress(_ byte: UInt8) -> Bool {
        byte.isDigit || (byte | 0x20) &- UInt8(ascii: "a") < 6 || byte == UInt8(ascii: ":")
            || byte == UInt8(ascii: ".")
    }

    /// Unreserved characters, sub-delimiters, and whole percent-encodings.
    private static func isName(_ name: ArraySlice<UInt8>) -> Bool {
        var index = name.startIndex
        while index < name.endIndex {
            let byte = name[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < name.endIndex, name[index + 1].isHexDigit, name[index + 2].isHexDigit else {
                    return false
                }
                index += 3
            } else {
                guard byte.isDigit || byte.isLetter || "-._~!$&'()*+,;=".utf8.contains(byte) else { return false }
                index += 1
            }
        }
        return true
    }
}

extension UInt8 {
    var isHexDigit: Bool { isDigit || (self | 0x20) &- UInt8(ascii: "a") < 6 }
}
