import Foundation
import ScriptedProvider
import Testing

@Suite("Cancelling over HTTP")
struct CancelOverHTTPTests {
    /// When the client goes away.
    enum Phase: String, CaseIterable, Sendable {
        case waitingUnary, waitingStream, streaming, waitingForContent
    }

    /// How a client goes away.
    enum Way: CaseIterable, Sendable {
        case close, finishSending
    }

    /// The path and body of a request in each dialect.
    static let requests: [(path: String, body: String)] = [
        (
            "/v1/chat/completions",
            #"{"model":"openai/gpt-4o","messages":[{"role":"user","content":"hi"}],"stream":STREAM}"#
        ),
        ("/v1/responses", #"{"model":"openai/gpt-4o","input":"hi","stream":STREAM}"#),
        ("/v1/messages", #"{"model":"openai/gpt-4o","messages":[{"role":"user","content":"hi"}],"stream":STREAM}"#),
        ("/api/chat", #"{"model":"openai/gpt-4o","messages":[{"role":"user","content":"hi"}],"stream":STREAM}"#),
    ]

    static func script(_ phase: Phase) -> Script {
        switch phase {
        case .waitingUnary, .waitingStream: .hangBeforeHead
        case .streaming: .hang(after: [.event(RelayTests.chunk("a"))])
        case .waitingForContent: .hangBeforeFirstToken
        }
    }

    @Test("the upstream ends within 50 ms, in each phase and dialect", arguments: Phase.allCases, Way.allCases)
    func cancel(phase: Phase, way: Way) throws {
        for (path, body) in Self.requests {
            let provider = try ScriptedProvider()
            provider.answer(RelayTests.path, with: Self.script(phase))
            let daemon = try DaemonProcess(openai: provider)
            let isStream = phase != .waitingUnary
            var client: HTTPClient? = try HTTPClient(daemon)
            client?.send(
                HTTPClient.request(
                    "POST", path, body: body.replacing("STREAM", with: isStream ? "true" : "false")))
            var request = try provider.blockForRequest()
            while request.path != RelayTests.path { request = try provider.blockForRequest() }
            // The head of the answer, and content with it.
            if phase == .streaming { _ = try client?.isAtEnd() }
            let before = ContinuousClock.now
            switch way {
            case .close: client = nil
            case .finishSending: client?.finishSending()
            }
            _ = try provider.blockForConnectionClosed(request.connection)
            let time = ContinuousClock.now - before
            #expect(time < .milliseconds(50), "\(path) \(phase): \(time)")
        }
    }

    @Test("a client that goes away while it waits for its turn at the provider")
    func queued() throws {
        let provider = try ScriptedProvider()
        provider.answer(RelayTests.path, with: .hangBeforeHead)
        let daemon = try DaemonProcess(openai: provider, file: "[providers.openai]\nconcurrency = 1\n")
        let native = try daemon.client()
        let first = try HTTPClient(daemon)
        first.send(HTTPClient.request("POST", "/v1/chat/completions", body: ChatDoorTests.body()))
        var request = try provider.blockForRequest()
        while request.path != RelayTests.path { request = try provider.blockForRequest() }
        var second: HTTPClient? = try HTTPClient(daemon)
        second?.send(HTTPClient.request("POST", "/v1/chat/completions", body: ChatDoorTests.body()))
        func queued() throws -> Double? {
            let text = try HTTPClient(daemon).ask("GET", "/metrics").text
            return try Exposition(text)["ultrad_provider_queued_requests", ["provider": "openai"]]
        }
        // Each look is a request, which the loop answers between its other work.
        while try queued() == 0 {}
        let before = ContinuousClock.now
        second = nil
        while try queued() == 1 {}
        #expect(ContinuousClock.now - before < .milliseconds(50))
        #expect(try native.ask(#"{"id":1,"op":"ping"}"#).event == "result")
        withExtendedLifetime(first) {}
    }
}
