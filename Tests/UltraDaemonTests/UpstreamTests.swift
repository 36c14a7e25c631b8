import Foundation
import ScriptedProvider
import Testing

/// What lies between the daemon and its provider: TLS, proxies, silence.
@Suite("Upstream")
struct UpstreamTests {
    private static let models = Script.json(#"{"data":[]}"#)
    private static let ask = #"{"id":1,"op":"generate",\#(RelayTests.request)"#

    @Test("a host that never answers ends in a timeout, and the daemon lives on")
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
        "a certificate that is not good is told from every other, with what to do",
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

    @Test("a proxy that refuses is blamed, and its name is not the key")
    func refusingProxy() throws {
        let proxy = try ForwardProxy(.answers(status: 407))
        let daemon = try DaemonProcess(
            openai: "https://provider.invalid", ["HTTPS_PROXY": "http://user:word@127.0.0.1:\(proxy.port)"])
        let error = try daemon.client().ask(Self.ask).error
        #expect(error["code"] as? String == "connect_failed")
        #expect((error["hint"] as? String)?.contains("HTTPS_PROXY") == true)
        #expect(!"\(error)\(daemon.logText)".contains("word@"))
    }
}
