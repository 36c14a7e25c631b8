import Foundation
import ScriptedProvider
import Testing

@Suite("The HTTP door's server")
struct HTTPServerTests {
    static func client() throws -> HTTPClient { try HTTPClient(try DaemonProcess.shared.get()) }

    @Test("says what it is and how it is")
    func health() throws {
        let client = try Self.client()
        let root = try client.ask("GET", "/")
        #expect(root.status == 200 && root.text.hasPrefix("ultrad "))
        for path in ["/health", "/healthz", "/health/"] {
            let health = try client.ask("GET", path)
            #expect(health.status == 200 && health.text == #"{"status":"ok"}"#)
            #expect(health["content-type"] == "application/json" && health["date"]?.hasSuffix(" GMT") == true)
        }
        #expect(try client.ask("GET", "/metrics").text.contains("ultrad_build_info{"))
    }

    @Test("a HEAD is a GET without its body", arguments: ["/", "/health", "/metrics", "/v1/models"])
    func head(path: String) throws {
        let client = try Self.client()
        let head = try client.ask("HEAD", path)
        #expect(head.status == 200 && head["content-length"].flatMap { Int($0) } ?? 0 > 0)
        // The dropped body does not disturb the next request.
        #expect(try client.ask("GET", "/health").status == 200)
    }

    @Test("a path that is not served names those that are, in OpenAI's shape")
    func notFound() throws {
        let client = try Self.client()
        for path in ["/v1/files", "/v2/models", "/v1", "/v1/models%2Fx", "/V1/models", "/v1//models", "/v1/chat"] {
            let response = try client.ask("GET", path)
            #expect(response.status == 404, "\(path)")
            #expect((response.error["message"] as? String)?.contains("/v1/chat/completions") == true)
            #expect(response["x-should-retry"] == "false")
        }
    }

    @Test("base URLs may be set wrongly")
    func prefixes() throws {
        let client = try Self.client()
        for path in [
            "/v1/models", "/models", "/v1/v1/models", "/openai/v1/models/", "/openai/models", "/v1/models?limit=5",
        ] {
            #expect(try client.ask("GET", path).json["object"] as? String == "list", "\(path)")
        }
    }

    @Test("a wrong method gets the allowed ones, and the connection goes on")
    func methods() throws {
        let client = try Self.client()
        let post = try client.ask("POST", "/v1/models", body: #"{"x":1}"#)
        #expect(post.status == 405 && post["allow"] == "GET, HEAD, OPTIONS")
        let get = try client.ask("GET", "/v1/chat/completions")
        #expect(get.status == 405 && get["allow"] == "POST, OPTIONS")
        for path in ["*", "/v1/embeddings"] {
            let options = try client.ask("OPTIONS", path)
            #expect(options.status == 204 && options["allow"]?.contains("POST") == true && options.body.isEmpty)
        }
    }

    @Test("pages of a browser are refused before anything is done")
    func browsers() throws {
        let client = try Self.client()
        for field in [
            "Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site",
        ] {
            let response = try client.ask("GET", "/v1/models", [field])
            #expect(response.status == 403 && response.error["type"] as? String == "permission_error")
        }
        #expect(try client.ask("GET", "/v1/models", ["Sec-Fetch-Site: none"]).status == 200)
    }

    @Test("every response has an id of its own")
    func ids() throws {
        let client = try Self.client()
        let ids = try ["/health", "/v1/files", "/v1/models"].map {
            try client.ask("GET", $0)["x-ultra-request-id"] ?? ""
        }
        #expect(Set(ids).count == 3 && ids.allSatisfy { $0.hasPrefix("req_") })
    }

    @Test("requests are answered one after the other, however they arrive")
    func pipelining() throws {
        let client = try Self.client()
        let chat = #"{"model":"mock/echo","messages":[{"role":"user","content":"one two"}]}"#
        let texts = [
            HTTPClient.request("GET", "/health"), HTTPClient.request("POST", "/v1/chat/completions", body: chat),
            HTTPClient.request("GET", "/v1/files"), HTTPClient.request("HEAD", "/"),
            HTTPClient.request("GET", "/health"),
        ]
        client.send(texts.joined())
        let statuses = try ["GET", "POST", "GET", "HEAD", "GET"].map { try client.next(isHead: $0 == "HEAD").status }
        #expect(statuses == [200, 200, 404, 200, 200])
        // The same bytes one at a time.
        for byte in Array(texts.joined().utf8) { client.send(bytes: [byte]) }
        for (text, status) in zip(texts, statuses) {
            #expect(try client.next(isHead: text.hasPrefix("HEAD")).status == status)
        }
    }

    @Test("the connection ends when the client or its version asks for it")
    func closing() throws {
        let closing = try Self.client()
        closing.send(HTTPClient.request("GET", "/health", ["Connection: close"]) + HTTPClient.request("GET", "/health"))
        #expect(try closing.next()["connection"] == "close")
        #expect(try closing.isAtEnd())

        let old = try Self.client()
        old.send("GET /health HTTP/1.0\r\n\r\n")
        #expect(try old.next()["connection"] == "close")
        #expect(try old.isAtEnd())

        let kept = try Self.client()
        for _ in 0..<3 {
            kept.send("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try kept.next()["connection"] == "keep-alive")
        }
    }

    struct Malformed: Sendable {
        let text: String
        let status: Int
    }

    @Test(
        "a malformed request is refused, alone and after a good one, and ends the connection",
        arguments: [
            Malformed(text: "GET / HTTP/1.1\nHost: h\n\n", status: 400),
            Malformed(text: "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", status: 400),
            Malformed(text: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\n", status: 400),
            Malformed(
                text: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                status: 400),
            Malformed(text: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 33554433\r\n\r\n", status: 413),
            Malformed(text: "GET / HTTP/2.0\r\n\r\n", status: 505),
            Malformed(text: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 505),
            Malformed(text: "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", status: 501),
            Malformed(text: "\u{16}\u{3}\u{1}", status: 400), Malformed(text: "\0\0\0\u{2}{}", status: 400),
            Malformed(
                text: "POST /v1/embeddings HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", status: 400),
            Malformed(
                text:
                    "POST /v1/embeddings HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
                status: 415),
        ])
    func malformed(_ malformed: Malformed) throws {
        for prefix in ["", HTTPClient.request("GET", "/health")] {
            let client = try Self.client()
            client.send(prefix + malformed.text + HTTPClient.request("GET", "/health"))
            if !prefix.isEmpty { #expect(try client.next().status == 200) }
            let response = try client.next()
            #expect(response.status == malformed.status && response["connection"] == "close")
            #expect(response.error["message"] is String)
            #expect(try client.isAtEnd())
        }
    }

    @Test("100 is sent for a body that will be read, and no other")
    func expectation() throws {
        let body = #"{"model":"mock/echo","messages":[{"role":"user","content":"a"}]}"#
        let client = try Self.client()
        let fields = ["Expect: 100-continue", "Content-Length: \(body.utf8.count)"]
        client.send(HTTPClient.request("POST", "/v1/chat/completions", fields))
        #expect(try client.next().status == 100)
        client.send(body)
        #expect(try client.next().status == 200)

        client.send(HTTPClient.request("POST", "/v1/files", fields))
        let refused = try client.next()
        #expect(refused.status == 404 && refused["connection"] == "close")
        #expect(try client.isAtEnd())
    }

    @Test("a chunked body is as good as any")
    func chunkedBody() throws {
        let client = try Self.client()
        let body = #"{"model":"mock/echo","messages":[{"role":"user","content":"a b"}]}"#
        client.send(HTTPClient.request("POST", "/v1/chat/completions", ["Transfer-Encoding: chunked"]))
        for byte in body.utf8 { client.send(bytes: Array("1\r\n".utf8) + [byte] + Array("\r\n".utf8)) }
        client.send("0\r\nX-Trailer: x\r\n\r\n")
        #expect(try client.next().text.contains(#""content":"a b""#))
    }

    @Test("a client that shuts down its side is gone: its request is not performed")
    func halfClose() throws {
        let provider = try ScriptedProvider(.hangBeforeHead)
        let daemon = try DaemonProcess(openai: provider)
        let client = try HTTPClient(daemon)
        client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\n{")
        client.finishSending()
        #expect(try client.isAtEnd())
        #expect(provider.requests.allSatisfy { $0.path != RelayTests.path })
    }

    @Test("connections beyond the limit are refused in HTTP")
    func limit() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"], file: "[limits]\nconnections_per_user = 2\n")
        let first = try HTTPClient(daemon)
        #expect(try first.ask("GET", "/health").status == 200)
        // Connections of both doors count.
        let native = try daemon.client()
        #expect(try native.ask(#"{"id":1,"op":"ping"}"#).event == "result")
        let third = try HTTPClient(daemon)
        let refusal = try third.next()
        #expect(refusal.status == 429 && refusal.error["code"] as? String == "rate_limit_exceeded")
        #expect((refusal.error["message"] as? String)?.contains("limits.connections_per_user") == true)
    }

    @Test("SIGTERM ends idle connections, finishes answers, and refuses what comes then")
    func drain() throws {
        let provider = try ScriptedProvider()
        let gate = Gate()
        provider.answer(
            RelayTests.path,
            with: .stream([
                .event(RelayTests.chunk("Hel")), .wait(gate), .event(RelayTests.chunk("lo")),
                .event(RelayTests.finish), .event("[DONE]"),
            ]))
        let daemon = try DaemonProcess(openai: provider)
        let idle = try HTTPClient(daemon)
        #expect(try idle.ask("GET", "/health").status == 200)
        let busy = try HTTPClient(daemon)
        busy.send(
            HTTPClient.request(
                "POST", "/v1/chat/completions", body: ChatDoorTests.body(#""stream":true"#)))
        _ = try busy.events(2)
        daemon.signal(SIGTERM)
        #expect(try idle.isAtEnd())
        gate.open()
        let response = try busy.next()
        #expect(response.isComplete && response.events.last == "[DONE]")
        #expect(try busy.isAtEnd())
        #expect(daemon.exitCode() == 0)
        #expect(!FileManager.default.fileExists(atPath: daemon.folder.appending(path: "http.sock").path()))
    }

    @Test("http.socket: another path, or none")
    func socket() throws {
        let none = try DaemonProcess(["USE_MOCK": "true"], file: "[http]\nsocket = \"none\"\n")
        #expect(!FileManager.default.fileExists(atPath: none.folder.appending(path: "http.sock").path()))
        let path = NSTemporaryDirectory() + "ultra-\(UUID().uuidString.prefix(8)).sock"
        let other = try DaemonProcess(["USE_MOCK": "true"], file: "[http]\nsocket = \"\(path)\"\n")
        #expect(FileManager.default.fileExists(atPath: path))
        other.signal(SIGTERM)
        #expect(other.exitCode() == 0)
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
