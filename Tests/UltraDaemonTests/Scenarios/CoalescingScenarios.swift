import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: equal requests in flight")
struct CoalescingScenarios {
    static func held(_ gate: Gate, _ script: Script = ScriptedProvider.whole) -> Script {
        script.with { $0.body.insert(.wait(gate), at: 0) }
    }

    static func coalesced(_ scenario: Scenario) throws -> Int {
        try CacheScenarios.cache(scenario)["coalesced"] as? Int ?? -1
    }

    /// Returns when `count` requests have joined another.
    static func blockForJoined(_ count: Int, _ scenario: Scenario) throws {
        while try coalesced(scenario) < count {}
    }

    @Test(
        "a thousand equal requests at once are one call upstream, and one is paid", arguments: ["generate", "stream"])
    func thousand(op: String) throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI(
            Self.held(gate, op == "stream" ? CacheScenarios.streamed : ScriptedProvider.whole))
        let scenario = try CacheScenarios.scenario(["openai": openai])
        let clients = try (0..<10).map { _ in try scenario.daemon.client() }
        for id in 1...100 {
            for client in clients {
                client.send(#"{"id":\#(id),"op":"\#(op)",\#(Scenario.fields(Scenario.gpt))}"#)
            }
        }
        try Self.blockForJoined(999, scenario)
        gate.open()
        var states: [String: Int] = [:]
        var cost = 0.0
        for client in clients {
            var texts: [Int: String] = [:]
            var open = 100
            while open > 0, let frame = try client.next() {
                texts[frame.id, default: ""] += frame.text ?? ""
                guard frame.isTerminal else { continue }
                open -= 1
                #expect(texts[frame.id] == "hello there")
                states[frame["cache"] as? String ?? frame.event, default: 0] += 1
                cost += frame["cost_usd"] as? Double ?? 1
            }
        }
        #expect(states == ["miss": 1, "coalesced": 999])
        #expect(cost == 0.000028)
        #expect(openai.calls.count == 1)
        let status = try scenario.ask("status", "")
        #expect((status["cache"] as? [String: Any])?["saved_usd"] as? Double == 0.027972)
        let requests = status["requests"] as? [String: Any] ?? [:]
        #expect(requests["total"] as? Int == 1000)
        #expect(requests["in_flight"] as? Int == 0)
        #expect((status["today"] as? [String: Any])?["cost_usd"] as? Double == 0.000028)
        #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "hit")
    }

    @Test("a client that joins late gets the text so far, and then the rest")
    func late() throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI(
            .stream([
                .event(RelayTests.chunk("one ")), .event(RelayTests.chunk("two ")), .wait(gate),
                .event(RelayTests.chunk("three")), .event(RelayTests.finish), .event(RelayTests.usage),
                .event("[DONE]"),
            ]))
        let scenario = try CacheScenarios.scenario(["openai": openai])
        let first = scenario.send("stream", Scenario.fields(Scenario.gpt))
        var said = ""
        while said != "one two " { said += try scenario.client.next()?.text ?? "" }
        let other = try scenario.daemon.client()
        other.send(#"{"id":1,"op":"stream",\#(Scenario.fields(Scenario.gpt))}"#)
        #expect(try other.next()?.event == "start")
        #expect(try other.next()?.text == "one two ")
        gate.open()
        let rest = try other.frames()
        #expect(rest.map(\.event) == ["delta", "done"])
        #expect(rest.first?.text == "three")
        #expect(rest.last?["cache"] as? String == "coalesced")
        #expect(try scenario.client.frames(first).last?["cache"] as? String == "miss")
    }

    @Test("it lives as long as one wants it: the last to leave ends it upstream", arguments: ["generate", "stream"])
    func leaving(op: String) throws {
        let openai = try ScriptedProvider.openAI(.hang(after: [.head, .event(RelayTests.chunk("a"))]), .hangBeforeHead)
        let scenario = try CacheScenarios.scenario(["openai": openai])
        let first = scenario.send(op, Scenario.fields(Scenario.gpt))
        try openai.blockForCalls(1)
        let second = scenario.send(op, Scenario.fields(Scenario.gpt))
        var other: Client? = try scenario.daemon.client()
        other?.send(#"{"id":1,"op":"\#(op)",\#(Scenario.fields(Scenario.gpt))}"#)
        try Self.blockForJoined(2, scenario)
        // The first client, which started the flight, leaves first; then one that disconnects; then the last.
        _ = try scenario.cancel(first)
        other = nil
        while ((try scenario.ask("status", "")["requests"] as? [String: Any])?["in_flight"] as? Int ?? 9) > 2 {}
        let call = try #require(openai.calls.last)
        #expect(openai.connections[call.connection].ending == nil)
        #expect(try scenario.cancel(second) < .milliseconds(500))
        _ = try openai.blockForConnectionClosed(call.connection)
        while (try scenario.ask("status", "")["requests"] as? [String: Any])?["in_flight"] as? Int != 0 {}
        // A cancelled flight is not joined.
        let third = scenario.send(op, Scenario.fields(Scenario.gpt))
        try openai.blockForCalls(2)
        _ = try scenario.cancel(third)
    }

    @Test("a failure is everybody's", arguments: ["generate", "stream"])
    func failure(op: String) throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI(
            Self.held(gate, .json(#"{"error":{"message":"no","code":"bad"}}"#, status: 400)))
        let scenario = try CacheScenarios.scenario(["openai": openai])
        let ids = (0..<10).map { _ in scenario.send(op, Scenario.fields(Scenario.gpt)) }
        try Self.blockForJoined(9, scenario)
        gate.open()
        var open = Set(ids)
        while !open.isEmpty, let frame = try scenario.client.next() {
            #expect(frame.code == "bad_request")
            #expect(frame.story == ["\(Scenario.gpt) error bad_request"])
            open.remove(frame.id)
        }
        #expect(openai.calls.count == 1)
        let requests = try scenario.ask("status", "")["requests"] as? [String: Any] ?? [:]
        #expect(requests["failed"] as? Int == 10)
        #expect(requests["in_flight"] as? Int == 0)
    }

    @Test("different timers or fallbacks are no equal requests")
    func unequal() throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI(Self.held(gate))
        let scenario = try CacheScenarios.scenario(["openai": openai])
        let fields = [
            #""tags":["x"]"#, #""tags":["y"]"#, #""timeout_ms":20000"#, #""fallback":false"#, #""cache":"off""#,
        ]
        let ids = fields.map { scenario.send("generate", Scenario.fields(Scenario.gpt, $0)) }
        try openai.blockForCalls(4)
        gate.open()
        var states: [String] = []
        while states.count < ids.count, let frame = try scenario.client.next() {
            states.append(frame["cache"] as? String ?? frame.event)
        }
        #expect(states.sorted() == ["coalesced", "miss", "miss", "miss", "off"])
        #expect(openai.calls.count == 4)
    }

    @Test("a later client with time left does not share the timeout of the first: it asks again")
    func timeLeft() throws {
        let openai = try ScriptedProvider.openAI(.hangBeforeHead, ScriptedProvider.whole)
        let scenario = try CacheScenarios.scenario(["openai": openai], ["USE_MOCK": "true"])
        let fields = Scenario.fields(Scenario.gpt, #""timeout_ms":400"#)
        let first = scenario.send("generate", fields)
        try openai.blockForCalls(1)
        // A request that takes some time.
        _ = try scenario.ask(
            "generate", #""model":"mock/echo","prompt":"a","provider_options":{"mock":{"first_token_ms":150}}"#)
        let second = scenario.send("generate", fields)
        var ended: [Int: Frame] = [:]
        while ended.count < 2, let frame = try scenario.client.next() { ended[frame.id] = frame }
        #expect(ended[first]?.code == "timeout")
        #expect(ended[first]?.error["timeout"] as? String == "total")
        #expect(ended[second]?.text == "hello there")
        #expect(openai.calls.count == 2)
    }

    @Test("a client that does not read delays no other, and gets everything in the end")
    func slow() throws {
        let gate = Gate()
        let pieces = 300
        let text = String(repeating: "x", count: 4096)
        let openai = try ScriptedProvider.openAI(
            .stream([
                .event(RelayTests.chunk("first ")), .wait(gate),
                .repeat(count: pieces, [.event(RelayTests.chunk(text))]), .event(RelayTests.finish), .event("[DONE]"),
            ]))
        let scenario = try CacheScenarios.scenario(["openai": openai])
        let slow = try scenario.daemon.client()
        slow.send(#"{"id":1,"op":"stream",\#(Scenario.fields(Scenario.gpt))}"#)
        #expect(try slow.next()?.event == "start")
        let fast = scenario.send("stream", Scenario.fields(Scenario.gpt))
        gate.open()
        let whole = 6 + pieces * 4096
        var quick = Reader(client: scenario.client, id: fast)
        try quick.read()
        #expect(quick.bytes == whole)
        var late = Reader(client: slow, id: 1)
        try late.read()
        #expect(late.bytes == whole)
    }

    @Test("an answer too long to keep is relayed only: nobody joins it, and the memory stays bounded")
    func long() throws {
        let gate = Gate()
        let text = String(repeating: "x", count: 4096)
        let openai = try ScriptedProvider.openAI(
            .stream([
                .event(RelayTests.chunk("first ")), .wait(gate),
                .repeat(count: 16 << 8, [.event(RelayTests.chunk(text))]), .event(RelayTests.finish), .event("[DONE]"),
            ]), CacheScenarios.streamed)
        let scenario = try CacheScenarios.scenario(["openai": openai])
        let other = try scenario.daemon.client()
        other.send(#"{"id":1,"op":"stream",\#(Scenario.fields(Scenario.gpt))}"#)
        #expect(try other.next()?.event == "start")
        let joining = try scenario.daemon.client()
        joining.send(#"{"id":1,"op":"stream",\#(Scenario.fields(Scenario.gpt))}"#)
        try Self.blockForJoined(1, scenario)
        let before = scenario.daemon.residentOwnBytes
        gate.open()
        // The clients take turns in reading, so that each is the slower one at times.
        var readers = [Reader(client: joining, id: 1), Reader(client: other, id: 1)]
        var (step, most) = (0, 0)
        while readers.contains(where: { !$0.hasEnded }) {
            step += 256 << 10
            for index in readers.indices { try readers[index].read(upTo: step) }
            most = max(most, scenario.daemon.residentOwnBytes)
        }
        let whole = 6 + (16 << 20)
        #expect(readers.map(\.bytes) == [whole, whole])
        #expect(most - before < 16 << 20, "\(before >> 10) KB before, \(most >> 10) KB at most")
        #expect(try CacheScenarios.cache(scenario)["entries"] as? Int == 0)
        #expect(
            try scenario.frames("stream", Scenario.fields(Scenario.gpt)).compactMap(\.text).joined() == "hello there")
    }

    /// Counts the content of one stream.
    private struct Reader {
        let client: Client
        let id: Int
        var bytes = 0
        var hasEnded = false

        mutating func read(upTo limit: Int = .max) throws {
            while !hasEnded, bytes < limit {
                guard let frame = try client.next() else { throw ClientError(what: "the stream ended") }
                guard frame.id == id else { continue }
                bytes += frame.text?.utf8.count ?? 0
                hasEnded = frame.isTerminal
                if hasEnded { #expect(frame.event == "done") }
            }
        }
    }

    @Test("progress goes to the clients that asked for it")
    func progress() throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI(Self.held(gate))
        let scenario = try CacheScenarios.scenario(["openai": openai])
        let quiet = scenario.send("generate", Scenario.fields(Scenario.gpt))
        try openai.blockForCalls(1)
        let told = scenario.send("generate", Scenario.fields(Scenario.gpt, #""progress":true"#, prompt: "other"))
        #expect(try scenario.client.next()?["phase"] as? String == "connecting")
        try openai.blockForCalls(2)
        gate.open()
        var frames: [Frame] = []
        while frames.count(where: { $0.isTerminal }) < 2, let frame = try scenario.client.next() {
            frames.append(frame)
        }
        #expect(frames.filter { $0.id == quiet }.map(\.event) == ["result"])
        #expect(frames.last { $0.id == told }?.event == "result")
    }
}
