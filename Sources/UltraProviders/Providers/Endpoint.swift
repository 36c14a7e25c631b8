/// The base URL of a provider's API, to which the path of each call is appended.
package struct Endpoint: Sendable, Equatable {
    /// The reason why a text is not a valid endpoint. Callers show it after the name of the variable or configuration
    /// key.
    package enum Flaw: Error, Equatable {
        case notAURL
        case schemeNotHTTP
        case hasCredentials
        case hasFragment
        case badPort
        /// Plain `http` to a public host, which would send the key unencrypted.
        case plaintextToPublicHost(String)

        /// The predicate of a sentence that says what to change; the setting's name is its subject.
        package var reason: String {
            switch self {
            case .notAURL: "is not a URL such as https://api.example.com/v1"
            case .schemeNotHTTP: "must begin with https:// or http://"
            case .hasCredentials: "must not contain a user name or password: keys have variables of their own"
            case .hasFragment: "must not contain a #fragment"
            case .badPort: "has a port that is not a number from 1 to 65535"
            case .plaintextToPublicHost(let host):
                "would send the key to \(host) unencrypted: use https://, or set allow_plaintext"
            }
        }
    }

    /// Scheme, authority and path, without a trailing slash.
    package let base: String
    /// The query, without `?`, sent with every request (such as Azure's `api-version`); nil if there is none.
    package let query: String?
    /// In lower case, without brackets or port.
    package let host: String
    /// The path of a single call, such as `/chat/completions`, that was removed from the end of the text; nil if there
    /// was none.
    package let cutPath: String?

    /// Paths of single calls. Server documentation often shows them as part of the address.
    private static let callPaths = [
        "/chat/completions", "/messages", "/responses", "/embeddings",
        // Cohere's and Ollama's.
        "/v2/chat", "/v2/embed", "/api/chat", "/api/generate", "/api/embed",
    ]

    /// Parses an absolute URL. A final path from `callPaths` is removed.
    /// - Parameters:
    ///   - versionPath: appended unless the path already has a version segment (`v1`, `v1beta`, `v2`) or names an Azure
    /// deployment.
    ///   - allowsPlaintext: true accepts `http` to public hosts.
    package init(_ text: String, versionPath: String, allowsPlaintext: Bool = false) throws(Flaw) {
        guard let schemeEnd = text.firstRange(of: "://") else { throw .notAURL }
        let scheme = text[..<schemeEnd.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { throw .schemeNotHTTP }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !#""<>\^`{|}"#.utf8.contains($0) }) else {
            throw .notAURL
        }
        guard !text.contains("#") else { throw .hasFragment }
        let rest = text[schemeEnd.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { throw .hasCredentials }
        let tail = rest[authority.endIndex...]
        var path = String(tail.prefix { $0 != "?" })
        while path.hasSuffix("/") { path.removeLast() }
        let cut = Self.callPaths.first { path.lowercased().hasSuffix($0) }
        if let cut {
            path.removeLast(cut.count)
            while path.hasSuffix("/") { path.removeLast() }
        }
        cutPath = cut

        host = try Self.host(of: authority)
        if scheme == "http", !allowsPlaintext, !Self.isPrivate(host) { throw .plaintextToPublicHost(host) }
        let segments = path.split(separator: "/")
        let isComplete = segments.contains { Self.isVersion($0) || $0 == "deployments" }
        base = "\(scheme)://\(authority.lowercased())\(path)\(isComplete ? "" : versionPath)"
        isDeployment = base.contains("/deployments/")
        let query = tail.drop { $0 != "?" }.dropFirst()
        self.query = query.isEmpty ? nil : String(query)
    }

    /// True if the path names one model, like Azure's `/openai/deployments/NAME`.
    package let isDeployment: Bool

    /// The URL of a call.
    /// - Parameter path: begins with a slash and may have a query.
    package func url(_ path: String) -> String {
        guard let query else { return base + path }
        return base + path + (path.contains("?") ? "&" : "?") + query
    }
}

// MARK: - Parts of a URL

extension Endpoint {
    /// Percent-encodes everything except unreserved characters (RFC 3986, section 2.3).
    static func percentEncoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += byte < 16 ? "%0" : "%"
                result += String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }

    private static func host(of authority: Substring) throws(Flaw) -> String {
        let host: Substring
        let rest: Substring
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { throw .notAURL }
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority[host.endIndex...]
        }
        guard !host.isEmpty else { throw .notAURL }
        if !rest.isEmpty {
            guard rest.first == ":", let port = UInt16(rest.dropFirst()), port > 0 else { throw .badPort }
        }
        return host.lowercased()
    }

    /// True for `v1`, `v1beta`, `v1beta2` and similar.
    private static func isVersion(_ segment: Substring) -> Bool {
        guard segment.first == "v" else { return false }
        let number = segment.dropFirst().prefix { $0.isASCII && $0.isNumber }
        let stage = segment.dropFirst(1 + number.count).prefix { $0.isASCII && $0.isLetter }
        return !number.isEmpty && ["", "alpha", "beta"].contains(stage)
    }

    /// True if the host is this machine (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3; RFC 6761, section 6.3).
    package var isLoopback: Bool {
        if host == "::1" || host == "localhost" || host.hasSuffix(".localhost") { return true }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count == 4 && labels[0] == "127" && labels.allSatisfy { UInt8($0) != nil }
    }

    /// True for loopback, link-local and private addresses (RFC 1918, 3927, 4193, 6598), and for names outside public
    /// DNS (single labels, RFC 6761, 6762, 8375, and `.internal`).
    static func isPrivate(_ host: String) -> Bool {
        if host.contains(":") {
            return host == "::1" || ["fc", "fd", "fe8", "fe9", "fea", "feb"].contains(where: host.hasPrefix)
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = labels.compactMap { UInt8($0) }
        if numbers.count == 4, labels.count == 4 {
            switch (numbers[0], numbers[1]) {
            case (127, _), (10, _), (192, 168), (169, 254), (172, 16...31), (100, 64...127): return true
            default: return false
            }
        }
        if labels.count == 1 { return !(labels[0].first?.isNumber ?? true) }
        return [".localhost", ".local", ".internal", ".lan", ".home.arpa"].contains(where: host.hasSuffix)
    }
}
