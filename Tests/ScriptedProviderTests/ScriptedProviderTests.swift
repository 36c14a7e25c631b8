import ScriptedProvider
import Testing

@Suite struct ScriptedProviderTests {
    @Test("a unary answer has its length, and the connection serves again")
    func unary() async throws {
        let provider = try ScriptedProvider(.json(#"{"a":1}"#, headers: [("X-Request-Id", "r1")]))
        let client = try PlainClient(port: provider.port)
        for round in 0..<2 {
            try client.post("/v1/chat?q=1", #"{"round":\#(round)}"#)
            let (text, _) = client.read(until: #"{"a":1}"#)
            #expect(
                text == """
                    HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: r1\r\nContent-Length: 7\r\n\r
                    {"a":1}
                    """)
            let request = try await provider.nextRequest()
            #expect(request.bodyText == #"{"round":\#(round)}"#)
            #expect((request.path, request.method, request["host"]) == ("/v1/chat", "POST", "x"))
        }
        #expect(provider.connections.map(\.requests) == [2])
    }

    @Test("a stream is one chunk an event, then the last chunk")
    func stream() throws {
        let provider = try ScriptedProvider(.events([#"{"n":1}"#]))
        let client = try PlainClient(port: provider.port)
        try client.post("/")
        let body = client.read(until: "0\r\n\r\n").text.components.last
        #expect(body == "f\r\ndata: {\"n\":1}\n\n\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
    }

    @Test("a chunked request body is put together")
    func chunkedRequest() async throws {
        let provider = try ScriptedProvider(.json("{}"))
        let client = try PlainClient(port: provider.port)
        try client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        #expect(try await provider.nextRequest().bodyText == "abcde")
    }

    @Test("each path has its own scripts, in order, and the last one stays; others take from the queue")
    func choice() throws {
        let provider = try ScriptedProvider(.json("default;"))
        provider.answer("/a", with: .json("1;"), .json("2;"))
        provider.answer("/a", method: "GET", with: .json("for GET;"))
        provider.enqueue(.json("queue;"))
        let client = try PlainClient(port: provider.port)
        let answers = try ["/a", "/b", "/a", "/a", "/b"].map { path in
            try client.post(path)
            return client.read(until: ";").text.components.last
        }
        #expect(answers == ["1;", "queue;", "2;", "2;", "default;"])
    }

    @Test(
        "connections end as scripted",
        arguments: [
            (Script.closeBeforeHead, "", PlainClient.Ending.end),
            (.resetBeforeHead, "", .reset),
            (.notHTTP, "220 mail.example ESMTP\r\n", .end),
            (.missingLastChunk.with { $0.headers = [] }, head(chunked) + "a\r\ndata: {}\n\n\r\n", .end),
            (.badChunkSize.with { $0.headers = [] }, head(chunked) + "zz\r\n{}\r\n", .end),
            (
                Script(framing: .declaredLength(9), body: [.chunk("12"), .close]), head("Content-Length: 9") + "12",
                .end
            ),
            (Script(framing: .untilClose, body: [.chunk("12")]), head("Connection: close") + "12", .end),
            (Script(body: [.chunk("abcd")]).cut(at: 3), head(chunked) + "3\r\nabc\r\n", .end),
            (Script(body: [.chunk("abcd")]).cut(at: 3, resets: true), head(chunked) + "3\r\nabc\r\n", .reset),
            (Script(body: [.chunk("abcd")]).cut(.wire, at: 12), "HTTP/1.1 200", .end),
            (Script().then(.close), head(chunked, "Connection: close") + "0\r\n\r\n", .end),
            (Script().then(.closeUnannounced), head(chunked) + "0\r\n\r\n", .end),
        ])
    func endings(script: Script, expected: String, ending: PlainClient.Ending) throws {
        let provider = try ScriptedProvider(script)
        let client = try PlainClient(port: provider.port)
        try client.post("/")
        let (text, end) = client.read()
        #expect(text == expected)
        #expect(end == ending)
    }
}

extension String {
    /// Head and body.
    fileprivate var components: [String] { split(separator: "\r\n\r\n", maxSplits: 1).map(String.init) }
}

private let chunked = "Transfer-Encoding: chunked"

private func head(_ fields: String...) -> String {
    "HTTP/1.1 200 OK\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
}
