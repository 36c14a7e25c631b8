import Testing

@testable import UltraDialects

@Suite("HTTP requests that are served")
struct HTTPRequestDecoderTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let text: String
        var line = "POST / 1.1"
        var authority = "h"
        var body = ""
        var keepsAlive = true
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "no body", text: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", line: "GET / 1.1"),
        Case(name: "query", text: "GET /a?b=c%20d? HTTP/1.1\r\nHost: h\r\n\r\n", line: "GET /a?b=c%20d? 1.1"),
        Case(
            name: "target 8192", text: "GET /\(String(repeating: "a", count: 8191)) HTTP/1.1\r\nHost: h\r\n\r\n",
            line: "GET /\(String(repeating: "a", count: 8191)) 1.1"),
        Case(name: "empty line before", text: "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", line: "GET / 1.1"),
        Case(name: "later minor version", text: "GET / HTTP/1.9\r\nHost: h\r\n\r\n", line: "GET / 1.1"),
        Case(name: "1.0", text: "GET / HTTP/1.0\r\n\r\n", line: "GET / 1.0", authority: "", keepsAlive: false),
        Case(
            name: "1.0 that stays", text: "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", line: "GET / 1.0",
            authority: ""),
        Case(
            name: "close", text: "GET / HTTP/1.1\r\nHost: h\r\nConnection: a , Close\r\n\r\n", line: "GET / 1.1",
            keepsAlive: false),
        Case(
            name: "close in a second field",
            text: "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
            line: "GET / 1.1", keepsAlive: false),
        Case(
            name: "absolute target", text: "GET http://o:1/p?q HTTP/1.1\r\nHost: h\r\n\r\n", line: "GET /p?q 1.1",
            authority: "o:1"),
        Case(
            name: "absolute target without path", text: "GET HTTP://o HTTP/1.1\r\nHost: h\r\n\r\n",
            line: "GET / 1.1", authority: "o"),
        Case(name: "options of the server", text: "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", line: "OPTIONS * 1.1"),
        Case(name: "empty host", text: "HEAD / HTTP/1.1\r\nHost:\r\n\r\n", line: "HEAD / 1.1", authority: ""),
        Case(
            name: "address as host", text: "GET / HTTP/1.1\r\nHost: [::1]:8587\r\n\r\n", line: "GET / 1.1",
            authority: "[::1]:8587"),
        Case(
            name: "encoded host", text: "GET / HTTP/1.1\r\nHost: %2Frun%2fx\r\n\r\n", line: "GET / 1.1",
            authority: "%2Frun%2fx"),
        Case(name: "length", text: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 005\r\n\r\nhello", body: "hello"),
        Case(name: "length 0", text: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
        Case(
            name: "white space around values",
            text: "POST / HTTP/1.1\r\nHost:\t h \t\r\nContent-Length:  2\t\r\n\r\nab", body: "ab"),
        Case(
            name: "chunks",
            text:
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n00000002\r\nde\r\n0\r\n\r\n",
            body: "abcde"),
        Case(
            name: "chunk extensions",
            text: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "A;a;b=c;d=\"e\\\" ;f\"\r\n0123456789\r\n0;x\r\n\r\n", body: "0123456789"),
        Case(
            name: "trailers",
            text: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "1\r\na\r\n0\r\nDigest: x\r\nHost: y\r\n\r\n", body: "a"),
        Case(
            name: "an empty chunked body",
            text: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Case(
            name: "100-continue",
            text: "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\na",
            body: "a"),
        Case(
            name: "an expectation in 1.0",
            text: "POST / HTTP/1.0\r\nHost: h\r\nExpect: x\r\nContent-Length: 1\r\n\r\na",
            line: "POST / 1.0", body: "a", keepsAlive: false),
        Case(
            name: "identity",
            text: "POST / HTTP/1.1\r\nHost: h\r\nContent-Encoding: identity\r\nContent-Length: 1\r\n\r\na",
            body: "a"),
        Case(
            name: "other text in values", text: "GET / HTTP/1.1\r\nHost: h\r\nX-Name: é\t\u{1F600}\r\n\r\n",
            line: "GET / 1.1"),
        Case(
            name: "Upgrade is ignored",
            text: "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
            line: "GET / 1.1"),
    ]

    @Test("is read whole, wherever the reads end", arguments: cases)
    func served(_ served: Case) {
        for bytes in [Int.max, 1, 2, 3, 7] {
            let found = DecodedConnection(served.text, readBytes: bytes)
            #expect(found.refusal == nil)
            #expect(found.requests.count == 1 && !found.isInRequest, "reads of \(bytes)")
            guard let request = found.requests.first else { continue }
            #expect(request.line == served.line)
            #expect(request.authority == served.authority)
            #expect(request.body == served.body)
            #expect(request.keepsAlive == served.keepsAlive)
        }
    }

    @Test("requests follow one another on a connection")
    func pipeline() {
        let found = DecodedConnection(Self.cases.map(\.text).joined())
        #expect(found.requests.map(\.line) == Self.cases.map(\.line))
        #expect(found.requests.map(\.body) == Self.cases.map(\.body))
        #expect(found.refusal == nil)
    }

    @Test("a field is found by its name in any case; repeated ones in their order")
    func fields() throws {
        var decoder = HTTPRequestDecoder()
        Array("GET / HTTP/1.1\r\nHOST: h\r\nX-Ultra-Tags: a\r\nx-ultra-tags: b\r\nEmpty:\r\n\r\n".utf8)
            .withUnsafeBytes { decoder.append($0) }
        var body: [UInt8] = []
        guard case .head(let head) = try decoder.next(appendingTo: &body) else { Issue.record("no head"); return }
        #expect(head["host"] == "h")
        #expect(head["x-ultra-tags"] == "a")
        #expect(head.values("x-ultra-tags") == ["a", "b"])
        #expect(head["empty"] == "")
        #expect(head["x-ultra-tag"] == nil)
        #expect(try decoder.next(appendingTo: &body) == .end)
    }

    @Test("an announced length reserves no memory, and decoded bytes are released")
    func memory() throws {
        var decoder = HTTPRequestDecoder()
        var body: [UInt8] = []
        Array("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 30000000\r\n\r\n".utf8).withUnsafeBytes {
            decoder.append($0)
        }
        _ = try decoder.next(appendingTo: &body)
        #expect(try decoder.next(appendingTo: &body) == nil)
        #expect(body.capacity == 0 && decoder.bufferedByteCount == 0 && decoder.isInRequest)
    }
}
