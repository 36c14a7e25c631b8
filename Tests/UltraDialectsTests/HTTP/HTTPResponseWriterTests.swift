import Testing

@testable import UltraDialects

@Suite("HTTP responses")
struct HTTPResponseWriterTests {
    private static let date = "Sun, 06 Nov 1994 08:49:37 GMT"

    private static func head(
        _ status: Int, _ mode: HTTPResponseWriter.Mode, _ body: HTTPResponseWriter.Body,
        _ fields: [HTTPResponseField] = []
    ) -> (text: String, staysOpen: Bool) {
        var writer = HTTPResponseWriter()
        var bytes: [UInt8] = []
        let staysOpen = writer.head(status, mode, date: date, body, fields: fields, to: &bytes)
        return (String(decoding: bytes, as: UTF8.self), staysOpen)
    }

    @Test("the head says how the body ends and whether the connection goes on")
    func heads() {
        let current = HTTPResponseWriter.Mode(minorVersion: 1, keepsAlive: true)
        let closing = HTTPResponseWriter.Mode(minorVersion: 1, keepsAlive: false)
        let old = HTTPResponseWriter.Mode(minorVersion: 0, keepsAlive: true)
        let start = "HTTP/1.1 200 OK\r\nDate: \(Self.date)\r\n"
        let cases: [(HTTPResponseWriter.Mode, HTTPResponseWriter.Body, String, Bool)] = [
            (current, .length(5), "Content-Length: 5\r\n\r\n", true),
            (closing, .length(5), "Content-Length: 5\r\nConnection: close\r\n\r\n", false),
            (old, .length(5), "Content-Length: 5\r\nConnection: keep-alive\r\n\r\n", true),
            (current, .open, "Transfer-Encoding: chunked\r\n\r\n", true),
            (closing, .open, "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n", false),
            (old, .open, "Connection: close\r\n\r\n", false),
            (current, .none(length: 7), "Content-Length: 7\r\n\r\n", true),
            (current, .none(length: nil), "\r\n", true),
        ]
        for (mode, body, rest, staysOpen) in cases {
            let found = Self.head(200, mode, body)
            #expect(found.text == start + rest)
            #expect(found.staysOpen == staysOpen)
        }
    }

    @Test("a value from outside stays within its field")
    func values() {
        let mode = HTTPResponseWriter.Mode(minorVersion: 1, keepsAlive: true)
        let found = Self.head(
            404, mode, .length(0), [HTTPResponseField("x-ultra-model", "a\r\nSet-Cookie: b\u{7F}é c~")])
        #expect(
            found.text == "HTTP/1.1 404 Not Found\r\nDate: \(Self.date)\r\n"
                + "x-ultra-model: a%0D%0ASet-Cookie: b%7F%C3%A9 c~\r\nContent-Length: 0\r\n\r\n")
    }

    @Test("bytes written between two flushes are one chunk, and no chunk is empty")
    func chunks() {
        var writer = HTTPResponseWriter()
        var bytes: [UInt8] = []
        writer.head(200, .init(minorVersion: 1, keepsAlive: true), date: Self.date, .open, fields: [], to: &bytes)
        bytes = []
        writer.flush(&bytes)
        writer.content(to: &bytes) { $0 += Array("data: a\n\n".utf8) }
        writer.content(to: &bytes) { $0 += Array("data: b\n\n".utf8) }
        writer.flush(&bytes)
        writer.content(to: &bytes) { _ in }
        writer.flush(&bytes)
        writer.content(to: &bytes) { $0 += [UInt8](repeating: 0x61, count: 0xABC) }
        writer.end(to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "00000012\r\ndata: a\n\ndata: b\n\n\r\n00000ABC\r\n\(String(repeating: "a", count: 0xABC))\r\n0\r\n\r\n"
        )
    }

    @Test("HTTP/1.0 gets the body as it is")
    func withoutChunks() {
        var writer = HTTPResponseWriter()
        var bytes: [UInt8] = []
        writer.head(200, .init(minorVersion: 0, keepsAlive: true), date: Self.date, .open, fields: [], to: &bytes)
        bytes = []
        writer.content(to: &bytes) { $0 += Array("a".utf8) }
        writer.flush(&bytes)
        writer.content(to: &bytes) { $0 += Array("b".utf8) }
        writer.end(to: &bytes)
        #expect(bytes == Array("ab".utf8))
    }

    @Test(
        "dates are those of RFC 9110",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"), (-5, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ])
    func dates(seconds: Int, text: String) {
        #expect(HTTPDateText.text(seconds) == text)
    }
}
