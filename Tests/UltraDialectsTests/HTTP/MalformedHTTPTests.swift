import Testing

@testable import UltraDialects

@Suite("HTTP requests that are refused")
struct MalformedHTTPTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let status: Int
        let bytes: [UInt8]
        var testDescription: String { "\(name): \(status)" }

        init(_ name: String, _ status: Int, _ text: String) {
            self.init(name, status, bytes: Array(text.utf8))
        }

        init(_ name: String, _ status: Int, bytes: [UInt8]) {
            (self.name, self.status, self.bytes) = (name, status, bytes)
        }

        /// With one header field beside Host.
        static func field(_ name: String, _ status: Int = 400, _ field: String) -> Case {
            Case(name, status, "POST / HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n")
        }

        /// With another request line.
        static func line(_ name: String, _ status: Int = 400, _ line: String) -> Case {
            Case(name, status, "\(line)\r\nHost: h\r\n\r\n")
        }

        /// With a chunked body.
        static func chunks(_ name: String, _ status: Int = 400, _ body: String) -> Case {
            Case(name, status, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(body)")
        }
    }

    static func text(_ count: Int) -> String { String(repeating: "a", count: count) }

    static let heads: [Case] = [
        Case("bare LF", 400, "GET / HTTP/1.1\nHost: h\n\n"),
        Case("bare LF at the end", 400, "GET / HTTP/1.1\r\nHost: h\r\n\n"),
        .field("bare CR in a value", 400, "X: a\rb"),
        .field("folded line", 400, "X: a\r\n b"),
        .field("folded by a tab", 400, "X: a\r\n\tb: c"),
        .field("space before the colon", 400, "X : a"),
        .field("empty name", 400, ": a"),
        .field("no colon", 400, "X"),
        .field("NUL in a name", 400, "X\0: a"),
        .field("DEL in a name", 400, "X\u{7F}: a"),
        Case(
            "0x80 in a name", 400,
            bytes: Array("GET / HTTP/1.1\r\nHost: h\r\nX".utf8) + [0x80] + Array(": a\r\n\r\n".utf8)),
        .field("CTL in a value", 400, "X: \u{1}"),
        .field("NUL in a value", 400, "X: \0"),
        .field("DEL in a value", 400, "X: \u{7F}"),
        Case("white space before the first field", 400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n"),
        Case("two empty lines before", 400, "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        .line("two spaces", 400, "GET  / HTTP/1.1"),
        .line("two spaces before the version", 400, "GET /  HTTP/1.1"),
        .line("a space at the end", 400, "GET / HTTP/1.1 "),
        .line("a space at the start", 400, " GET / HTTP/1.1"),
        .line("a tab", 400, "GET\t/\tHTTP/1.1"),
        .line("a tab beside a space", 400, "GET /\tHTTP/1.1"),
        .line("no spaces", 400, "GET/HTTP/1.1"),
        .line("no version", 400, "GET /"),
        .line("no target", 400, "GET HTTP/1.1"),
        .line("text after the version", 400, "GET / HTTP/1.1x"),
        .line("version without a minor one", 400, "GET / HTTP/1"),
        .line("version in lower case", 400, "GET / http/1.1"),
        .line("version in two digits", 400, "GET / HTTP/1.10"),
        .line("2.0", 505, "GET / HTTP/2.0"),
        .line("0.9", 505, "GET / HTTP/0.9"),
        Case("preface of HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        .line("method in lower case", 501, "get / HTTP/1.1"),
        .line("method that is no token", 400, "G(T / HTTP/1.1"),
        .line("method that is not served", 501, "DELETE / HTTP/1.1"),
        .line("CONNECT with a path", 501, "CONNECT / HTTP/1.1"),
        .line("CONNECT", 501, "CONNECT h:443 HTTP/1.1"),
        .line("TRACE", 501, "TRACE / HTTP/1.1"),
        .line("fragment", 400, "GET /#a HTTP/1.1"),
        .line("CTL in the target", 400, "GET /\u{1} HTTP/1.1"),
        .line("DEL in the target", 400, "GET /\u{7F} HTTP/1.1"),
        .line("text in the target", 400, "GET /é HTTP/1.1"),
        .line("* but for OPTIONS", 400, "GET * HTTP/1.1"),
        .line("relative target", 400, "GET a HTTP/1.1"),
        .line("target of another scheme", 400, "GET ftp://h/ HTTP/1.1"),
        .line("absolute target without a host", 400, "GET http:///a HTTP/1.1"),
        .line("absolute target with a user", 400, "GET http://u@h/ HTTP/1.1"),
        .line("target 8193", 414, "GET /\(text(8192)) HTTP/1.1"),
        Case("target without an end", 414, "GET /\(text(70_000))"),
        Case("head 64 KiB and one byte", 431, "GET / HTTP/1.1\r\nHost: h\r\nX: \(text((64 << 10) + 1 - 32))\r\n\r\n"),
        Case("head without an end", 431, "GET / HTTP/1.1\r\nHost: h\r\nX: \(text(64 << 10))"),
        Case(
            "101 fields", 431,
            "GET / HTTP/1.1\r\nHost: h\r\n\(String(repeating: "X: a\r\n", count: 100))\r\n"),
        Case("TLS", 400, bytes: [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3]),
        Case("a frame of Ultra's protocol", 400, bytes: [0, 0, 0, 20] + Array(#"{"id":1,"op":"ping"}"#.utf8)),
    ]

    static let hosts: [Case] = [
        Case("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
        .field("two", 400, "Host: h"),
        Case("two in 1.0", 400, "GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n"),
        Case("a space", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        Case("a path", 400, "GET / HTTP/1.1\r\nHost: h/a\r\n\r\n"),
        Case("a user", 400, "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n"),
        Case("a list", 400, "GET / HTTP/1.1\r\nHost: [::1],h\r\n\r\n"),
        Case("a port that is none", 400, "GET / HTTP/1.1\r\nHost: h:a\r\n\r\n"),
        Case("a port alone", 400, "GET / HTTP/1.1\r\nHost: :80\r\n\r\n"),
        Case("an address without its end", 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        Case("half an encoding", 400, "GET / HTTP/1.1\r\nHost: a%2\r\n\r\n"),
        Case("invalid beside an absolute target", 400, "GET http://h/ HTTP/1.1\r\nHost: a b\r\n\r\n"),
        Case("missing beside an absolute target", 400, "GET http://h/ HTTP/1.1\r\n\r\n"),
    ]

    static let framing: [Case] = [
        .field("twice, equal", 400, "Content-Length: 5\r\nContent-Length: 5"),
        .field("twice, different", 400, "Content-Length: 5\r\nContent-Length: 6"),
        .field("list", 400, "Content-Length: 5,5"),
        .field("plus", 400, "Content-Length: +5"),
        .field("minus", 400, "Content-Length: -1"),
        .field("hexadecimal", 400, "Content-Length: 0x5"),
        .field("two numbers", 400, "Content-Length: 5 5"),
        .field("empty", 400, "Content-Length:"),
        .field("16 digits", 400, "Content-Length: 0000000000000005"),
        .field("20 digits", 400, "Content-Length: 18446744073709551621"),
        .field("beyond the limit", 413, "Content-Length: 33554433"),
        .field("15 digits", 413, "Content-Length: 999999999999999"),
        .field("length and chunks", 400, "Content-Length: 5\r\nTransfer-Encoding: chunked"),
        .field("chunks and length", 400, "Transfer-Encoding: chunked\r\nContent-Length: 5"),
        .field("gzip, chunked", 400, "Transfer-Encoding: gzip, chunked"),
        .field("chunked, chunked", 400, "Transfer-Encoding: chunked, chunked"),
        .field("xchunked", 400, "Transfer-Encoding: xchunked"),
        .field("chunkedx", 400, "Transfer-Encoding: chunkedx"),
        .field("identity", 400, "Transfer-Encoding: identity"),
        .field("empty coding", 400, "Transfer-Encoding:"),
        .field("vertical tab", 400, "Transfer-Encoding: \u{B}chunked"),
        .field("chunked twice", 400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        Case("chunked in 1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        .field("gzip", 415, "Content-Encoding: gzip\r\nContent-Length: 5"),
        .field("multipart", 415, "Content-Type: Multipart/form-data; boundary=a\r\nContent-Length: 5"),
        .field("expectation", 417, "Expect: x\r\nContent-Length: 5"),
        // The order of refusals: framing before the method.
        Case("framing before the method", 400, "DELETE / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\n"),
    ]

    static let chunks: [Case] = [
        .chunks("empty size", 400, "\r\n"),
        .chunks("only an extension", 400, ";a\r\n"),
        .chunks("plus", 400, "+5\r\n"),
        .chunks("minus", 400, "-5\r\n"),
        .chunks("hexadecimal sign", 400, "0x5\r\nhello\r\n0\r\n\r\n"),
        .chunks("space after", 400, "5 \r\nhello\r\n"),
        .chunks("space before", 400, " 5\r\nhello\r\n"),
        .chunks("9 digits", 400, "000000005\r\nhello\r\n"),
        .chunks("LF only", 400, "5\nhello\n"),
        .chunks("beyond the limit", 413, "2000001\r\n"),
        .chunks("8 digits", 413, "FFFFFFFF\r\n"),
        .chunks("beyond the limit together", 413, "1\r\na\r\n2000000\r\n"),
        .chunks("extension with CR", 400, "5;a\rb\r\nhello\r\n"),
        .chunks("extension with LF", 400, "5;a\nb\r\nhello\r\n"),
        .chunks("extension with a tab", 400, "5;a\tb\r\nhello\r\n"),
        .chunks("extension with white space", 400, "5; a=b\r\nhello\r\n"),
        .chunks("extension without a name", 400, "5;=b\r\nhello\r\n"),
        .chunks("quotes without an end", 400, "5;a=\"b\r\nhello\r\n"),
        .chunks("extension of 257 bytes", 400, "5;\(text(256))\r\nhello\r\n"),
        .chunks("extension without an end", 400, "5;\(text(400))"),
        .chunks(
            "extensions of 4 KiB and more", 400,
            String(repeating: "1;\(text(255))\r\na\r\n", count: 16) + "1;a\r\na\r\n"),
        .chunks("data without CRLF", 400, "5\r\nhelloX\r\n"),
        .chunks("data with LF", 400, "5\r\nhello\n0\r\n\r\n"),
        .chunks("data with CR alone", 400, "5\r\nhello\rX"),
        .chunks("trailers of 8 KiB and more", 400, "0\r\nX: \(text(8190))\r\n\r\n"),
        .chunks("trailers without an end", 400, "0\r\n\(String(repeating: "X: \(text(1000))\r\n", count: 9))"),
        .chunks("Content-Length as a trailer", 400, "0\r\nContent-Length: 5\r\n\r\n"),
        .chunks("Transfer-Encoding as a trailer", 400, "0\r\ntransfer-encoding: chunked\r\n\r\n"),
        .chunks("folded trailer", 400, "0\r\nX: a\r\n b\r\n\r\n"),
        .chunks("malformed trailer", 400, "0\r\nX a\r\n\r\n"),
    ]

    @Test("alone and after a good request, wherever the reads end", arguments: heads + hosts + framing + chunks)
    func refused(_ refused: Case) {
        for prefix in ["", goodRequest] {
            for bytes in refused.bytes.count > 20_000 ? [Int.max, 4096] : [Int.max, 1, 5] {
                let found = DecodedConnection(Array(prefix.utf8) + refused.bytes, readBytes: bytes)
                #expect(found.refusal == refused.status, "after \(prefix.isEmpty ? "nothing" : "a request"), \(bytes)")
                #expect(found.requests.count == (prefix.isEmpty ? 0 : 1))
            }
        }
    }

    @Test("nothing more is read after a refusal")
    func refusedForGood() throws {
        var decoder = HTTPRequestDecoder()
        var body: [UInt8] = []
        Array("GET / HTTP/2.0\r\n\r\n".utf8).withUnsafeBytes { decoder.append($0) }
        #expect(throws: HTTPRefusal.self) { try decoder.next(appendingTo: &body) }
        Array(goodRequest.utf8).withUnsafeBytes { decoder.append($0) }
        #expect(throws: HTTPRefusal.self) { try decoder.next(appendingTo: &body) }
    }

    @Test(
        "a request that is cut is not complete",
        arguments: [
            "GET / HTTP/1.1\r\nHost: h\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhell",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        ])
    func cut(text: String) {
        let found = DecodedConnection(text)
        #expect(found.requests.isEmpty && found.refusal == nil && found.isInRequest)
    }

    @Test("a refusal repeats nothing of the request")
    func words() {
        for refused in Self.heads + Self.hosts + Self.framing + Self.chunks {
            var decoder = HTTPRequestDecoder()
            var body: [UInt8] = []
            refused.bytes.withUnsafeBytes { decoder.append($0) }
            do throws(HTTPRefusal) {
                while try decoder.next(appendingTo: &body) != nil {}
            } catch {
                #expect(!error.message.contains(Self.text(20)) && error.message.utf8.allSatisfy { $0 < 0x7F })
            }
        }
    }
}
