/// The request line and header fields of one HTTP/1.1 request (RFC 9112).
struct RequestHead: Sendable {
    enum BodyLength: Sendable { case none, bytes(Int), chunked }

    var method: String
    var target: String
    var headers: [(name: String, value: String)]

    /// The value of the first field called `name`, in any case.
    subscript(name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    var path: String { Self.path(of: target) }

    /// The path of a request target in origin or absolute form (RFC 9112, section 3.2).
    static func path(of target: String) -> String {
        let path = target.hasPrefix("http://") ? target.dropFirst(7).drop { $0 != "/" } : target[...]
        return String(path.prefix { $0 != "?" })
    }

    var bodyLength: BodyLength {
        if self["transfer-encoding"]?.lowercased().hasSuffix("chunked") == true { return .chunked }
        return self["content-length"].flatMap { Int($0) }.map { $0 > 0 ? .bytes($0) : .none } ?? .none
    }

    /// Removes a head from the front of `input`.
    ///
    /// Returns nil if the head is incomplete; throws if it is invalid.
    static func take(from input: inout [UInt8]) throws(MalformedRequest) -> RequestHead? {
        guard let end = endOfHead(in: input) else { return nil }
        let lines = String(decoding: input[..<end], as: UTF8.self)
            .split(separator: "\r\n", omittingEmptySubsequences: true)
        input.removeFirst(end + 4)
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { throw MalformedRequest() }
        var headers: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw MalformedRequest() }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append((String(line[..<colon]), String(value)))
        }
        return RequestHead(method: String(words[0]), target: String(words[1]), headers: headers)
    }

    private static func endOfHead(in input: [UInt8]) -> Int? {
        guard input.count >= 4 else { return nil }
        return (0...(input.count - 4)).first {
            input[$0] == 13 && input[$0 + 1] == 10 && input[$0 + 2] == 13 && input[$0 + 3] == 10
        }
    }
}

struct MalformedRequest: Error {}
