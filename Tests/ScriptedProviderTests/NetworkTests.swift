import Glibc
import ScriptedProvider
import Testing

/// Networks between a client and its provider: dead ports, proxies, TLS.
@Suite struct NetworkTests {
    @Test(
        "a dead port refuses, or never answers",
        arguments: [(DeadPort.Manner.refuses, ECONNREFUSED), (.neverAnswers, EINPROGRESS)])
    func deadPort(manner: DeadPort.Manner, expected: CInt) throws {
        let port = try DeadPort(manner)
        let error = #expect(throws: SystemError.self) { try PlainClient(port: port.port, patience: 100) }
        #expect(error?.code == expected)
    }

    @Test("a proxy forwards an absolute URL unchanged, and the provider finds the path in it")
    func absoluteForm() throws {
        let provider = try ScriptedProvider()
        provider.answer("/v1/x", with: .json("{}"))
        let proxy = try ForwardProxy()
        let client = try PlainClient(port: proxy.port)
        try client.post("http://provider.invalid:\(provider.port)/v1/x?y=1")
        #expect(client.read(until: "{}").text.hasPrefix("HTTP/1.1 200 "))
        #expect(provider.requests.map(\.path) == ["/v1/x"])
        #expect(proxy.passages.map(\.method) == ["POST"])
    }

    @Test("a proxy tunnels all bytes after CONNECT, and the end of the connection")
    func tunnel() async throws {
        let provider = try ScriptedProvider(.json("{}"))
        let proxy = try ForwardProxy()
        var client: PlainClient? = try PlainClient(port: proxy.port)
        try client?.send(
            "CONNECT provider.invalid:\(provider.port) HTTP/1.1\r\nProxy-Authorization: Basic eA==\r\n\r\n")
        #expect(client?.read(until: "\r\n\r\n").text == "HTTP/1.1 200 Connection established\r\n\r\n")
        try client?.post("/inside")
        #expect(client?.read(until: "{}").ending == nil)
        #expect(provider.requests.map(\.target) == ["/inside"])
        #expect(proxy.passages.first?["proxy-authorization"] == "Basic eA==")
        client = nil
        _ = try await provider.connectionClosed()
    }

    @Test("a proxy refuses with a status, or because there is no upstream")
    func refusal() throws {
        let dead = try DeadPort(.refuses)
        for (manner, status) in [(ForwardProxy.Manner.answers(status: 407), 407), (.forwards, 502)] {
            let proxy = try ForwardProxy(manner)
            let client = try PlainClient(port: proxy.port)
            try client.send("CONNECT 127.0.0.1:\(dead.port) HTTP/1.1\r\n\r\n")
            let (text, ending) = client.read()
            #expect(text.hasPrefix("HTTP/1.1 \(status) "))
            #expect(ending == .end)
        }
    }

    // nginx and openssl make the TLS server; the client is curl(1), which shares no code with the daemon.
    @Test(
        "a TLS front shows the certificate asked for",
        .enabled(if: TLSFront.isAvailable && access("/usr/bin/curl", X_OK) == 0, "no nginx, openssl or curl"))
    func certificates() throws {
        let provider = try ScriptedProvider(.json("{}"))
        let front = try TLSFront(to: provider)
        func curl(_ certificate: TLSFront.Certificate) throws -> (exit: Int, version: String) {
            let arguments = ["-s", "-o", "/dev/null", "--cacert", front.caFile, "-w", "%{http_version}\n"]
            let process = try Subprocess("/usr/bin/curl", arguments + [front.url(certificate)])
            let version = try process.readLine()
            return (process.wait(), version)
        }
        #expect(try curl(.good) == (0, "2"))
        #expect(try curl(.http1) == (0, "1.1"))
        // 60: curl does not trust the certificate.
        for certificate in [TLSFront.Certificate.unknownCA, .expired, .wrongHost] {
            #expect(try curl(certificate).exit == 60, "\(certificate)")
        }
        #expect(provider.requests.count == 2)
    }
}
