import ScriptedProvider
import Testing

/// Each scripted failure, as seen by a client without HTTP.
@Suite struct FailureTests {
    @Test("a refusing provider refuses to be connected, keeps its connections, and comes back on its port")
    func refusal() throws {
        let provider = try ScriptedProvider(.json("{}"))
        let early = try PlainClient(port: provider.port)
        try early.post("/")
        #expect(early.read(until: "{}").ending == nil)
        try provider.refuse()
        #expect(throws: SystemError.self) { try PlainClient(port: provider.port) }
        try early.post("/")
        #expect(early.read(until: "{}").ending == nil)
        try provider.listenAgain()
        try PlainClient(port: provider.port).post("/")
    }

    @Test(
        "a connection ends before any request, as scripted",
        arguments: [(AcceptAction.close, PlainClient.Ending.end), (.reset, .reset)])
    func accept(action: AcceptAction, ending: PlainClient.Ending) throws {
        let provider = try ScriptedProvider(.json("{}"))
        provider.onAccept(action)
        #expect(try PlainClient(port: provider.port).read().ending == ending)
        let next = try PlainClient(port: provider.port)
        try next.post("/")
        #expect(next.read(until: "{}").ending == nil)
    }

    @Test(
        "a pooled connection dies when the next request arrives",
        arguments: [(Script.Afterwards.closeOnNextRequest, PlainClient.Ending.end), (.resetOnNextRequest, .reset)])
    func stale(afterwards: Script.Afterwards, ending: PlainClient.Ending) throws {
        let provider = try ScriptedProvider(.json("{}").then(afterwards))
        let client = try PlainClient(port: provider.port)
        try client.post("/")
        #expect(client.read(until: "{}").ending == nil)
        #expect(provider.openConnections == 1)
        try client.post("/")
        let (text, end) = client.read()
        #expect((text, end) == ("", ending))
        #expect(provider.requests.count == 1)
    }

    @Test("a gate holds the answer, before the head and between events, until it is opened")
    func gates() throws {
        let gate = Gate()
        let provider = try ScriptedProvider(.stream([.wait(gate), .event("1"), .wait(gate), .event("2")]))
        let client = try PlainClient(port: provider.port)
        try client.post("/")
        _ = try provider.blockForRequest()
        #expect(client.unread() < 0)
        gate.pass()
        #expect(client.read(until: "data: 1\n\n\r\n").ending == nil)
        #expect(client.unread() < 0)
        gate.open()
        #expect(client.read(until: "0\r\n\r\n").text.contains("data: 2\n\n"))
    }

    @Test("a hanging answer notices its client's close, and when")
    func clientCloses() async throws {
        let provider = try ScriptedProvider(.hang(after: [.event("1")]))
        var client: PlainClient? = try PlainClient(port: provider.port)
        try client?.post("/")
        #expect(client?.read(until: "data: 1\n\n\r\n").ending == nil)
        let before = ContinuousClock.now
        client = nil
        let record = try await provider.connectionClosed()
        #expect(record.ending == .closedByClient)
        #expect(try #require(record.endedAt) >= before)
        #expect(try #require(record.endedAt) - before < .seconds(1))
    }

    @Test("waiting for what does not happen fails in time")
    func overdue() async throws {
        let provider = try ScriptedProvider()
        await #expect(throws: ScriptedProvider.Overdue.self) {
            try await provider.nextRequest(within: .milliseconds(1))
        }
    }

    @Test("an answer split at every byte is the same answer", arguments: [Script.Splitting.every(1), .at([3, 17])])
    func splits(splitting: Script.Splitting) throws {
        let script = Script.events(["{}"])
        let provider = try ScriptedProvider(script)
        provider.answer("/split", with: script.split(splitting))
        let client = try PlainClient(port: provider.port)
        let answers = try ["/", "/split"].map { path in
            try client.post(path)
            return client.read(until: "0\r\n\r\n").text
        }
        #expect(answers[0] == answers[1])
    }

    @Test("an early answer arrives although the body is still being sent, and then the connection ends")
    func earlyAnswer() throws {
        let provider = try ScriptedProvider(.json("{}", status: 413).reading(.headOnly))
        let client = try PlainClient(port: provider.port)
        try client.send("POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + String(repeating: "x", count: 9000))
        let (text, ending) = client.read()
        #expect(text.hasPrefix("HTTP/1.1 413 "))
        #expect(ending == .end)
        #expect(try provider.blockForRequest().isComplete == false)
    }

    @Test(
        "100-continue is answered, refused or ignored",
        arguments: [
            (Script.Expectation.accept, "HTTP/1.1 100 Continue\r\n\r\n"), (.refuse, "HTTP/1.1 417 "), (.ignore, ""),
        ])
    func expectation(expectation: Script.Expectation, expected: String) throws {
        let script = Script.json("{}", status: expectation == .refuse ? 417 : 200).with { $0.expectation = expectation }
        let provider = try ScriptedProvider(script)
        let client = try PlainClient(port: provider.port)
        try client.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        let first = client.read(until: expected, silence: expected.isEmpty ? 20 : 5000).text
        #expect(first.hasPrefix(expected))
        guard expectation != .refuse else { return }
        try client.send("{}")
        #expect(client.read(until: "{}").text.hasPrefix("HTTP/1.1 200 "))
    }

    @Test("a slow reader of the body leaves it with the client's kernel until its gate opens")
    func slowReader() throws {
        let gate = Gate()
        let provider = try ScriptedProvider(.json("{}").reading(.after(gate)))
        let client = try PlainClient(port: provider.port)
        try client.send("POST / HTTP/1.1\r\nContent-Length: 8\r\n\r\n1234")
        #expect(client.read(silence: 20).ending == .silence)
        gate.open()
        try client.send("5678")
        #expect(client.read(until: "{}").ending == nil)
        #expect(provider.requests[0].bodyText == "12345678")
    }

    @Test(
        "every form of retry advice is on the wire",
        arguments: [
            (Script.RetryAfter.seconds(7), "Retry-After: 7\r\n"),
            (.milliseconds(1500), "retry-after-ms: 1500\r\n"),
            (.openAIReset("6m0s"), "x-ratelimit-reset-requests: 6m0s\r\n"),
            (.googleRetryInfo("1.5s"), #""retryDelay":"1.5s""#),
            (.date(secondsFromNow: 60), " GMT\r\n"),
            (.anthropicReset(secondsFromNow: 60), "Z\r\n"),
        ])
    func retryAfter(wait: Script.RetryAfter, expected: String) throws {
        let provider = try ScriptedProvider(.retryLater(wait).then(.close))
        let client = try PlainClient(port: provider.port)
        try client.post("/")
        let text = client.read().text
        #expect(text.hasPrefix("HTTP/1.1 429 Too Many Requests\r\n"))
        #expect(text.contains(expected))
    }
}
