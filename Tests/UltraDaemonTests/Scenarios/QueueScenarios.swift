import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: queue, pauses and progress")
struct QueueScenarios {
    /// A provider that holds every answer until the gate opens.
    static func held(_ gate: Gate) throws -> ScriptedProvider {
        try .openAI(ScriptedProvider.whole.with { $0.body.insert(.wait(gate), at: 0) })
    }

    static let one = ["MAX_CONCURRENT_OPENAI": "1"]

    @Test("an answer to a client that reads nothing does not keep the provider's only place")
    func unreadAnswers() throws {
        let text = String(repeating: "z", count: 200 << 10)
        let openai = try ScriptedProvider.openAI(
            .json(RelayTests.answer.replacingOccurrences(of: "hello there", with: text)))
        let scenario = try Scenario(["openai": openai], Self.one)
        // More than the daemon and the kernel hold back for one connection.
        let silent = try scenario.daemon.client()
        for id in 1...16 {
            silent.send(#"{"id":\#(id),"op":"generate",\#(Scenario.fields(Scenario.gpt))}"#)
        }
        for _ in 0..<3 { #expect(try scenario.generate(Scenario.gpt).event == "result") }
        var answered = 0
        while answered < 16, let frame = try silent.next() { answered += frame.event == "result" ? 1 : 0 }
        #expect(answered == 16)
    }

    @Test("concurrency 1: requests queue, and two client processes take turns, however many each sends")
    func fair() throws {
        let gate = Gate()
        let openai = try Self.held(gate)
        let scenario = try Scenario(["openai": openai], Self.one)
        let watcher = try Watcher(scenario.daemon, "requests")
        for number in 0..<20 { scenario.send("generate", Scenario.fields(Scenario.gpt, prompt: "many \(number)")) }
        try watcher.began(20)
        #expect(try scenario.provider("openai")["queued"] as? Int == 19)
        let other = Process()
        other.executableURL = DaemonProcess.binary("ultractl")
        other.arguments = [
            "call", "--socket", scenario.daemon.socketPath, "generate",
            "{\(Scenario.fields(Scenario.gpt, prompt: "single"))}",
        ]
        other.standardOutput = FileHandle.nullDevice
        try other.run()
        try watcher.began(1)
        gate.open()
        other.waitUntilExit()
        #expect(other.terminationStatus == 0)
        try openai.blockForCalls(21)
        let order = openai.calls.map { $0.bodyText.contains("single") }
        // The request runs behind the current one and at most one that was first in the queue.
        #expect((order.firstIndex(of: true) ?? 99) <= 2)
        let many = openai.calls.map(\.bodyText).filter { $0.contains("many") }
        #expect((0..<20).allSatisfy { many[$0].contains("many \($0)") })
    }

    @Test("cancelled in the queue: the client hears within 50 ms, and nothing is ever sent")
    func cancelQueued() throws {
        let gate = Gate()
        let openai = try Self.held(gate)
        let scenario = try Scenario(["openai": openai], Self.one)
        let first = scenario.send("generate", Scenario.fields(Scenario.gpt, prompt: "first"))
        try openai.blockForCalls(1)
        for op in ["generate", "stream"] {
            let waiting = Scenario.fields(Scenario.gpt, #""progress":true"#, prompt: "second")
            // The best of three runs, since other load of the machine must not count.
            let times = try (0..<3).map { _ in
                let second = scenario.send(op, waiting)
                #expect(try scenario.client.next()?["phase"] as? String == "queued")
                return try scenario.cancel(second)
            }
            #expect(times.contains { $0 < .milliseconds(50) }, "\(times)")

            var vanishing: Client? = try scenario.daemon.client()
            vanishing?.send(#"{"id":1,"op":"\#(op)",\#(waiting)}"#)
            #expect(try vanishing?.next()?["phase"] as? String == "queued")
            #expect(try scenario.provider("openai")["queued"] as? Int == 1)
            vanishing = nil
            while try scenario.provider("openai")["queued"] as? Int != 0 {}
        }
        let third = scenario.send("generate", Scenario.fields(Scenario.gpt, prompt: "third"))
        gate.open()
        let ended = [try scenario.client.next(), try scenario.client.next()]
        #expect(ended.map { $0?.id } == [first, third])
        #expect(ended.allSatisfy { $0?.event == "result" })
        #expect(openai.calls.count == 2)
        #expect(!openai.calls.contains { $0.bodyText.contains("second") })
    }

    @Test("cancelled in the pause before a retry: the client hears within 50 ms, and nothing is sent later")
    func cancelPaused() throws {
        let openai = try ScriptedProvider.openAI()
        let scenario = try Scenario(["openai": openai])
        for op in ["generate", "stream"] {
            let times = try (0..<3).map { _ in
                openai.answer(Scenario.chat, with: .retryLater(.milliseconds(300)), ScriptedProvider.whole)
                let sent = openai.calls.count
                let first = scenario.send(op, Scenario.fields(Scenario.gpt, #""progress":true"#, prompt: "first"))
                while try scenario.client.next()?["phase"] as? String != "retrying" {}
                let time = try scenario.cancel(first)
                // This request waits for the same moment as the cancelled retry; once it is answered, that moment has
                // passed.
                #expect(try scenario.generate(Scenario.gpt).event == "result")
                let calls = openai.calls[sent...]
                #expect(calls.count == 2)
                #expect(calls.count { $0.bodyText.contains("first") } == 1)
                return time
            }
            #expect(times.contains { $0 < .milliseconds(50) }, "\(times)")
        }
    }

    @Test("progress reports the queue, and each retry with its number and time")
    func progress() throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI(
            ScriptedProvider.whole.with { $0.body.insert(.wait(gate), at: 0) }, Failures.internalError,
            Failures.internalError, ScriptedProvider.whole)
        let scenario = try Scenario(["openai": openai], Self.one)
        let first = scenario.send("generate", Scenario.fields(Scenario.gpt))
        try openai.blockForCalls(1)
        let second = scenario.send("stream", Scenario.fields(Scenario.gpt, #""progress":true"#))
        #expect(try scenario.client.next()?["phase"] as? String == "queued")
        gate.open()
        #expect(try scenario.client.next()?.id == first)
        let frames = try scenario.client.frames(second)
        let retries = frames.filter { $0["phase"] as? String == "retrying" }
        #expect(retries.map { $0["attempt"] as? Int } == [2, 3])
        #expect(retries.allSatisfy { (0...500).contains($0["retry_in_ms"] as? Int ?? -1) })
        let phases = frames.filter { $0.event == "progress" }.compactMap { $0["phase"] as? String }
        #expect(phases.contains("connecting") || phases.contains("waiting_first_token"))
        #expect(frames.suffix(3).map(\.event) == ["start", "delta", "done"])
    }

    @Test("a request that times out in the queue says so, or moves on to a fallback if it may")
    func timeout() throws {
        let gate = Gate()
        let openai = try Self.held(gate)
        let mistral = try ScriptedProvider.mistral()
        let scenario = try Scenario(["openai": openai, "mistral": mistral], Self.one)
        scenario.send("generate", Scenario.fields(Scenario.gpt))
        try openai.blockForCalls(1)
        let late = try scenario.generate(Scenario.gpt, #""timeout_ms":50"#)
        #expect(late.code == "timeout")
        #expect(openai.calls.count == 1)
        #expect(try scenario.state(Scenario.gpt) == "available")
        gate.open()
    }
}

extension Scenario {
    /// Cancels request `id`; returns the times until it ended and until the cancellation was confirmed.
    func cancel(_ id: Int) throws -> Duration {
        let start = ContinuousClock.now
        var open: Set = [id, send("cancel", #""target":\#(id)"#)]
        while !open.isEmpty, let frame = try client.next() {
            guard frame.isTerminal, open.remove(frame.id) != nil else { continue }
            if frame.id == id, frame.code != "cancelled" { throw ClientError(what: "ended as \(frame.object)") }
        }
        return ContinuousClock.now - start
    }
}
