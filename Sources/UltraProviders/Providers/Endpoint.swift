/// Where a provider's API is: a URL without its last path segments.
package struct Endpoint: Sendable, Equatable {
    /// Why a text is no endpoint. A caller shows it after the name of the variable or key it came from.
    package enum Flaw: Error, Equatable {
        case notAURL
        case schemeNotHTTP
        case hasCredentials
        case hasFragment
        case badPort
        /// `http` to a host that is neither loopback nor private would send the key in the clear.
        case plaintextToPublicHost(String)

        /// One sentence that says what to change.
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

    /// Scheme, authority and path, without a slash at the end.
    package let base: String
    /// What follows the `?`; sent with every request (Azure's `api-version`).
    package let query: String?
    /// In lower case, without brackets or port.
    package let host: String
    /// The path of one call that the text ended in, and `base` does not: `/chat/completions`; nil: none.
    package let cutPath: String?

    /// The paths of single calls, with which the documentation of servers shows their addresses.
    private static let callPaths = [
        "/chat/completions", "/messages", "/responses", "/embeddings",
        // Cohere's and Ollama's.
        "/v2/chat", "/v2/embed", "/api/chat", "/api/generate", "/api/embed",
    ]

    /// A path that ends in one of `callPaths` is cut to its base.
    /// - Parameters:
    ///   - versionPath: appended unless a segment of the path is a version already (`v1`, `v1beta`, `v2`), or the path
    ///     names an Azure deployment.
    ///   - allowsPlaintext: accepts `http` to any host.
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

    /// The path names one model, as Azure's `/openai/deployments/NAME`.
    package let isDeployment: Bool

    /// The URL of a call; `path` begins with a slash and may have a query of its own.
    package func url(_ path: String) -> String {
        guard let query else { return base + path }
        return base + path + (path.contains("?") ? "&" : "?") + query
    }
}

// MARK: - Parts of a URL

extension Endpoint {
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

    /// `v1`, `v1beta`, `v1beta2`.
    private static func isVersion(_ segment: Substring) -> Bool {
        guard segment.first == "v" else { return false }
        let number = segment.dropFirst().prefix { $0.isASCII && $0.isNumber }
        let stage = segment.dropFirst(1 + number.count).prefix { $0.isASCII && $0.isLetter }
        return !number.isEmpty && ["", "alpha", "beta"].contains(stage)
    }

    /// The host is this machine (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3; RFC 6761, section 6.3).
    package var isLoopback: Bool {
        if host == "::1" || host == "localhost" || host.hasSuffix(".localhost") { return true }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count == 4 && labels[0] == "127" && labels.allSatisfy { UInt8($0) != nil }
    }

    /// Loopback, link-local and private addresses (RFC 1918, 4193, 6598), names that public DNS does not have
    /// (one label, RFC 6761, 6762, 8375, and `.internal`).
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
