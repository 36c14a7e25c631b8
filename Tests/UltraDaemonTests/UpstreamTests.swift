import Foundation
import ScriptedProvider
import Testing

/// Networks between the daemon and its provider: TLS, proxies, silence.
@Suite("Upstream")
struct UpstreamTests {
    private static let models = Script.json(#"{"data":[]}"#)
    private static let ask = #"{"id":1,"op":"generate",\#(RelayTests.request)"#

    @Test("a host that never answers gives a timeout, and the daemon goes on")
    func silentHost() throws {
        let port = try DeadPort(.neverAnswers)
        let daemon = try DaemonProcess(openai: port.url)
        let client = try daemon.client()
        for _ in 0..<3 {
            let error = try client.ask(
                #"{"id":1,"op":"generate","timeouts_ms":{"connect":30},\#(RelayTests.request)"#
            ).error
            #expect(error["code"] as? String == "timeout")
            #expect(error["timeout"] as? String == "connect")
        }
        #expect(try client.ask(#"{"id":2,"op":"ping"}"#, id: 2).event == "result")
    }

    @Test(
        "SSL_CERT_FILE and HTTPS_PROXY are obeyed, NO_PROXY is too",
        .enabled(if: TLSFront.isAvailable, "no nginx or openssl"), arguments: [nil, "localhost"])
    func environment(noProxy: String?) throws {
        let provider = try ScriptedProvider(Self.models)
        provider.answer(RelayTests.path, with: .json(RelayTests.answer))
        let front = try TLSFront(to: provider)
        let proxy = try ForwardProxy()
        var environment = ["SSL_CERT_FILE": front.caFile, "HTTPS_PROXY": proxy.url]
        environment["NO_PROXY"] = noProxy
        let daemon = try DaemonProcess(openai: front.url(.good), environment)
        #expect(try daemon.client().ask(Self.ask).text == "hello there")
        #expect(proxy.passages.isEmpty == (noProxy != nil))
    }

    @Test(
        "each flaw of a certificate has an error of its own, with a hint",
        .enabled(if: TLSFront.isAvailable, "no nginx or openssl"),
        arguments: [
            (TLSFront.Certificate.expired, "clock"), (.unknownCA, "SSL_CERT_FILE"),
            (.wrongHost, "endpoint's host name"), (.none, "https"),
        ])
    func certificates(certificate: TLSFront.Certificate, hint: String) throws {
        let front = try TLSFront(to: try ScriptedProvider(Self.models))
        let daemon = try DaemonProcess(openai: front.url(certificate), ["SSL_CERT_FILE": front.caFile])
        let error = try daemon.client().ask(Self.ask).error
        #expect(error["code"] as? String == "connect_failed")
        #expect((error["hint"] as? String)?.contains(hint) == true)
    }

    @Test("a refusal by the proxy names the proxy and does not blame the key")
    func refusingProxy() throws {
        let proxy = try ForwardProxy(.answers(status: 407))
        let daemon = try DaemonProcess(
            openai: "https://provider.invalid", ["HTTPS_PROXY": "http://user:word@127.0.0.1:\(proxy.port)"])
        let error = try daemon.client().ask(Self.ask).error
        #expect(error["code"] as? String == "connect_failed")
        #expect((error["hint"] as? String)?.contains("HTTPS_PROXY") == true)
        #expect(!"\(error)\(daemon.logText)".contains("word@"))
    }

    @Test("407 to a plain request is the proxy's: the error names proxy and challenge, but no credentials")
    func refusingForwardProxy() throws {
        let proxy = try ScriptedProvider(
            .json("<html>who?</html>", status: 407, headers: [("Proxy-Authenticate", #"Basic realm="corp""#)]))
        let daemon = try DaemonProcess(
            openai: "http://provider.lan", ["HTTP_PROXY": "http://user:open%20sesame@127.0.0.1:\(proxy.port)"],
            file: "[retry]\nper_candidate = 0\n")
        let client = try daemon.client()
        let error = try client.ask(Self.ask).error
        #expect(error["code"] as? String == "connect_failed")
        let message = try #require(error["message"] as? String)
        #expect(message.contains("127.0.0.1:\(proxy.port)") && message.contains("Basic"), "\(message)")
        let status = try client.ask(#"{"id":2,"op":"status"}"#, id: 2)
        #expect(!"\(error)\(status.object)\(daemon.logText)".contains("sesame"))
    }

    @Test("an invalid proxy URL is reported without its password")
    func unreadableProxy() throws {
        let daemon = try DaemonProcess(
            openai: "http://provider.lan", ["HTTP_PROXY": "gopher://user:sesame@127.0.0.1:1"],
            file: "[retry]\nper_candidate = 0\n")
        let client = try daemon.client()
        let error = try client.ask(Self.ask).error
        #expect(error["code"] as? String == "connect_failed")
        let status = try client.ask(#"{"id":2,"op":"status"}"#, id: 2)
        #expect(!"\(error)\(status.object)\(daemon.logText)".contains("sesame"))
    }

    @Test("a server on this machine is not reached through a proxy elsewhere")
    func localServer() throws {
        let provider = try ScriptedProvider.openAI()
        let daemon = try DaemonProcess(openai: provider, ["HTTP_PROXY": "http://proxy.invalid:3128"])
        #expect(try daemon.client().ask(Self.ask).text == "hello there")
    }

    @Test("a redirection is reported, is not followed, and blames nobody", arguments: [301, 302, 307, 308])
    func redirect(status: Int) throws {
        let elsewhere = try ScriptedProvider.openAI()
        let openai = try ScriptedProvider.openAI(
            .json(
                "moved", status: status,
                headers: [("Location", "http://user:word@127.0.0.1:\(elsewhere.port)/v2/chat?token=sesame#top")]))
        let scenario = try Scenario(["openai": openai])
        for _ in 0..<12 {
            let error = try scenario.generate(Scenario.gpt).error
            #expect(error["code"] as? String == "upstream_protocol")
            let message = try #require(error["message"] as? String)
            #expect(message.contains("http://127.0.0.1:\(elsewhere.port)/v2/chat"), "\(message)")
            #expect(!message.contains("sesame") && !message.contains("word"))
            #expect(error["retryable"] as? Bool == false)
        }
        #expect(elsewhere.connections.isEmpty)
        #expect(try scenario.state(Scenario.gpt) == "available")
        #expect(try scenario.provider("openai")["state"] as? String == "available")
    }

    @Test("a header line of more than 100,000 bytes is the provider's fault", arguments: [90_000, 120_000, 1_000_000])
    func longHeader(length: Int) throws {
        let script = Script.json(
            RelayTests.answer, headers: [("X-Long", String(repeating: "x", count: length))])
        let openai = try ScriptedProvider.openAI(script)
        let scenario = try Scenario(["openai": openai], file: "[retry]\nper_candidate = 0\n")
        let answer = try scenario.generate(Scenario.gpt)
        guard length > 100_000 else {
            #expect(answer.text == "hello there")
            return
        }
        #expect(answer.code == "upstream_protocol")
        #expect("\(answer.error)".contains("header"))
        #expect(!"\(answer.error)".contains("bug"))
    }
}
