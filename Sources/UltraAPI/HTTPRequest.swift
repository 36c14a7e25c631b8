/// A request to an upstream, ready to be sent.
package struct HTTPRequest: Sendable, Equatable {
    package enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
    }

    package var method: Method
    /// Absolute, `http` or `https`.
    package var url: String
    /// A Unix socket to connect to in place of the host of `url`.
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

    /// Scheme, host and port: up to the third slash.
    package var origin: String {
        var slashes = 0
        let end = url.utf8.firstIndex { byte in
            if byte == UInt8(ascii: "/") { slashes += 1 }
            return slashes == 3 || byte == UInt8(ascii: "?")
        }
        return String(url[..<(end ?? url.endIndex)])
    }
}

/// One header field. A value that is a secret is never printed: the description shows the name alone.
package struct HTTPHeader: Sendable, Equatable, CustomStringConvertible {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    package var description: String { name }
}

/// Status and header fields of an upstream's reply.
package struct HTTPHead: Sendable, Equatable {
    package var status: Int
    /// Names in lower case, in the order they came.
    package var headers: [HTTPHeader]

    package init(status: Int, headers: [HTTPHeader] = []) {
        self.status = status
        self.headers = headers
    }

    /// The first field called `name`, which is given in lower case.
    package subscript(name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}
