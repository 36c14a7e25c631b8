/// An HTTP request to an upstream, ready to be sent.
package struct HTTPRequest: Sendable, Equatable {
    package enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
    }

    package var method: Method
    /// An absolute URL, `http` or `https`.
    package var url: String
    /// Connect to this Unix socket instead of the URL's host; nil for TCP.
    package var unixSocketPath: String?
    package var headers: [HTTPHeader]
    package var body: [UInt8]

    package init(
        method: Method = .post, url: String, unixSocketPath: String? = nil, headers: [HTTPHeader] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.url = url
        self.unixSocketPath = unixSocketPath
        self.headers = headers
        self.body = body
    }

    /// Scheme, host and port: the URL up to its third slash.
    package var origin: String {
        var slashes = 0
        let end = url.utf8.firstIndex { byte in
            if byte == UInt8(ascii: "/") { slashes += 1 }
            return slashes == 3 || byte == UInt8(ascii: "?")
        }
        return String(url[..<(end ?? url.endIndex)])
    }
}

/// A header field. Its description contains only the name, because the value may be a secret.
package struct HTTPHeader: Sendable, Equatable, CustomStringConvertible {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    package var description: String { name }
}

/// Status and header fields of a reply.
package struct HTTPHead: Sendable, Equatable {
    package var status: Int
    /// In the order received; names in lower case.
    package var headers: [HTTPHeader]

    package init(status: Int, headers: [HTTPHeader] = []) {
        self.status = status
        self.headers = headers
    }

    /// The value of the first field `name`, given in lower case; nil if there is none.
    package subscript(name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}
