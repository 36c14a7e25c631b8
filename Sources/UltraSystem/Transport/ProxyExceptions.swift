internal import Glibc

/// The hosts listed in `NO_PROXY`, which are reached without a proxy. Pure.
///
/// Entries are separated by commas or white space. An entry is `*`, a host name (which includes all names below it; a
/// leading `.` or `*.` changes nothing), an address, a network such as `10.0.0.0/8`, or the beginning of an IPv4
/// address (`10.*`). A name or an address may be followed by `:port` and then applies to that port only. Other entries
/// are ignored.
package struct ProxyExceptions: Sendable, Equatable {
    private enum Pattern: Sendable, Equatable {
        case everything
        /// A host and the names below it, in lower case.
        case domain(String)
        case addressPrefix(String)
        case network([UInt8], bits: Int)
    }

    private struct Entry: Sendable, Equatable {
        var pattern: Pattern
        /// nil for any port.
        var port: Int?
    }

    private let entries: [Entry]

    /// - Parameter list: The value of `NO_PROXY`; nil if it is not set.
    package init(_ list: String?) {
        entries = (list ?? "").lowercased().split { $0 == "," || $0.isWhitespace }.compactMap { Self.entry($0) }
    }

    /// True if the host is listed.
    /// - Parameter origin: Scheme, host and port of a URL.
    package func contains(_ origin: String) -> Bool {
        let (name, explicit) = Self.hostAndPort(Self.authority(origin))
        let host = Self.name(name).lowercased()
        let address = Self.address(host)
        let port = explicit ?? (origin.hasPrefix("https:") ? 443 : 80)
        return entries.contains { entry in
            guard entry.port == nil || entry.port == port else { return false }
            switch entry.pattern {
            case .everything: return true
            case .domain(let domain): return address == nil && (host == domain || host.hasSuffix("." + domain))
            case .addressPrefix(let prefix): return address?.count == 4 && host.hasPrefix(prefix)
            case .network(let network, let bits): return address.map { Self.share($0, network, bits) } ?? false
            }
        }
    }

    /// True if a URL points to this machine: `localhost` and names below it (RFC 6761, section 6.3), a loopback
    /// address, or the unspecified address, which also connects to it.
    static func isThisMachine(_ url: String) -> Bool {
        let host = name(hostAndPort(authority(url)).host).lowercased()
        guard let address = address(host) else { return host == "localhost" || host.hasSuffix(".localhost") }
        let last4 = address.suffix(4)
        switch address.count {
        case 4: return address[0] == 127 || address.allSatisfy { $0 == 0 }
        case 16 where address[..<10].allSatisfy({ $0 == 0 }) && address[10] == 0xff && address[11] == 0xff:
            return last4.first == 127
        default: return address.dropLast().allSatisfy { $0 == 0 } && address.last.map { $0 <= 1 } ?? false
        }
    }

    /// nil if `text` is no valid entry.
    private static func entry(_ text: Substring) -> Entry? {
        if text == "*" { return Entry(pattern: .everything) }
        if let slash = text.lastIndex(of: "/"), let bits = Int(text[text.index(after: slash)...]) {
            guard let network = address(String(name(text[..<slash]))), 0...(network.count * 8) ~= bits else {
                return nil
            }
            return Entry(pattern: .network(network, bits: bits))
        }
        let (host, port) = hostAndPort(text)
        var rest = name(host)
        if let address = address(String(rest)) {
            return Entry(pattern: .network(address, bits: address.count * 8), port: port)
        }
        if rest.hasSuffix(".*") { rest = rest.dropLast() }
        if rest.first?.isNumber == true, rest.hasSuffix("."), rest.allSatisfy({ $0.isNumber || $0 == "." }) {
            return Entry(pattern: .addressPrefix(String(rest)), port: port)
        }
        if rest.hasPrefix("*") { rest = rest.dropFirst() }
        rest = rest.drop { $0 == "." }
        while rest.hasSuffix(".") { rest = rest.dropLast() }
        guard !rest.isEmpty, !rest.contains("*") else { return nil }
        return Entry(pattern: .domain(String(rest)), port: port)
    }

    // MARK: - Parts

    /// Host and port of a URL, without its scheme, credentials and path.
    private static func authority(_ url: String) -> Substring {
        let rest = url[(url.firstRange(of: "://")?.upperBound ?? url.startIndex)...]
        let host = rest[(rest.lastIndex(of: "@").map { rest.index(after: $0) } ?? rest.startIndex)...]
        return host.prefix { $0 != "/" }
    }

    /// Splits `host`, `host:port`, `[address]`, `[address]:port`, or an IPv6 address without brackets.
    private static func hostAndPort(_ text: Substring) -> (host: Substring, port: Int?) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return (text, nil)
        }
        let host = text[..<colon]
        if host.contains(":"), !host.hasSuffix("]") { return (text, nil) }
        return (host, Int(port))
    }

    /// The host without brackets and zone.
    private static func name(_ host: Substring) -> Substring {
        guard host.hasPrefix("["), host.hasSuffix("]") else { return host }
        return host.dropFirst().dropLast().prefix { $0 != "%" }
    }

    /// The 4 or 16 bytes of an address; nil if `text` is a name.
    private static func address(_ text: String) -> [UInt8]? {
        for (family, length) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: length)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    /// True if the first `bits` bits of both addresses are equal.
    private static func share(_ a: [UInt8], _ b: [UInt8], _ bits: Int) -> Bool {
        guard a.count == b.count else { return false }
        for (index, pair) in zip(a, b).enumerated() {
            let left = min(8, bits - index * 8)
            guard left > 0 else { break }
            let mask = UInt8(truncatingIfNeeded: 0xff << (8 - left))
            guard pair.0 & mask == pair.1 & mask else { return false }
        }
        return true
    }
}
