import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: load", .serialized)
struct LoadScenarios {
    /// The number of requests: `ULTRA_CHAOS_REQUESTS`, or 10,000.
    static let requests = ProcessInfo.processInfo.environment["ULTRA_CHAOS_REQUESTS"].flatMap { Int($0) } ?? 10_000
    static let atOnce = 64

    /// How one request ended.
    struct Ending {
        var number: Int
        var isStream: Bool
        var last: Frame
        var text: String
        var took: Duration
    }

    /// Sends `count` requests, `atOnce` at a time, and returns how each ended.
    static func run(
        _ client: Client, _ count: Int, atOnce: Int = atOnce, from first: Int = 1,
        _ fields: (Int) -> (op: String, fields: String)
    ) throws -> [Ending] {
        var endings: [Ending] = []
        var open: [Int: (start: ContinuousClock.Instant, isStream: Bool, text: String)] = [:]
        var next = first
        while endings.count < count {
            while open.count < atOnce, next < first + count {
                let (op, fields) = fields(next)
                open[next] = (.now, op == "stream", "")
                client.send(#"{"id":\#(next),"op":"\#(op)",\#(fields)}"#)
                next += 1
            }
            guard let frame = try client.next() else { throw ClientError(what: "the daemon hung up") }
            guard let request = open[frame.id] else { continue }
            open[frame.id]?.text += frame.text ?? ""
            guard frame.isTerminal else { continue }
            open[frame.id] = nil
            endings.append(
                Ending(
                    number: frame.id, isStream: request.isStream, last: frame,
                    text: request.text + (frame.text ?? ""), took: .now - request.start))
        }
        return endings
    }

    @Test("two providers that fail a quarter of their calls: no wrong answer, few lost answers, few extra calls")
    func chaos() throws {
        let (one, two) = (Chaos(seed: 1), Chaos(seed: 2))
        let openai = try ScriptedProvider { $0.method == "GET" ? ScriptedProvider.list(["gpt-4o"]) : one.answer($0) }
        let mistral = try ScriptedProvider {
            $0.method == "GET" ? ScriptedProvider.list(["codestral-2508"]) : two.answer($0)
        }
        let scenario = try Scenario(["openai": openai, "mistral": mistral])
        let pair = [Scenario.gpt, Scenario.codestral]
        let start = ContinuousClock.now
        let endings = try Self.run(try scenario.daemon.client(), Self.requests) { number in
            let (named, other) = number % 2 == 0 ? (pair[0], pair[1]) : (pair[1], pair[0])
            return (
                number % 4 < 2 ? "generate" : "stream",
                Scenario.fields(named, #""fallback":["\#(other)"]"#, prompt: "number \(number)")
            )
        }
        let took = ContinuousClock.now - start
        let complete = endings.filter { $0.last.event != "error" }
        let wrong = complete.filter { $0.text != Chaos.text($0.number) }
        #expect(wrong.map(\.text) == [])
        // The content of a stream before its break must be correct, and the break must be reported.
        let broken = endings.filter { $0.last.event == "error" }
        #expect(broken.allSatisfy { Chaos.text($0.number).hasPrefix($0.text) })
        #expect(broken.filter { !$0.text.isEmpty }.allSatisfy { $0.last.code == "stream_truncated" })

        let unary = endings.filter { !$0.isStream }
        let answered = unary.count { $0.last.event == "result" }
        #expect(answered * 1000 >= unary.count * 999, "\(answered) of \(unary.count)")
        let calls = openai.calls.count + mistral.calls.count
        #expect(calls * 10 <= Self.requests * 14, "\(calls) calls for \(Self.requests) requests")
        let status = try scenario.ask("status", "")
        #expect((status["requests"] as? [String: Any])?["in_flight"] as? Int == 0)
        let told = endings.reduce(0) { $0 + $1.last.story.count { !$0.contains("skipped") } }
        #expect(told <= calls)
        print(
            "chaos: \(Self.requests) requests in \(took), \(wrong.count) wrong,",
            "\(answered) of \(unary.count) unary answered,",
            "\(broken.count { !$0.text.isEmpty }) streams broken in sight, \(calls) calls")
    }

    @Test("clients that cancel and vanish while providers fail and requests queue leave nothing behind")
    func cancels() throws {
        let (one, two) = (Chaos(seed: 3), Chaos(seed: 4))
        let openai = try ScriptedProvider { $0.method == "GET" ? ScriptedProvider.list(["gpt-4o"]) : one.answer($0) }
        let mistral = try ScriptedProvider {
            $0.method == "GET" ? ScriptedProvider.list(["codestral-2508"]) : two.answer($0)
        }
        let limits = ["MAX_CONCURRENT_OPENAI": "4", "MAX_CONCURRENT_MISTRAL": "4"]
        let scenario = try Scenario(["openai": openai, "mistral": mistral], limits)
        let client = try scenario.daemon.client()
        for round in 1...8 {
            // Half of the clients stay, and a third of their requests is cancelled; the other half disconnects.
            let leaving = try scenario.daemon.client()
            let base = round * 1000
            for number in 1...64 {
                let fields = Scenario.fields(
                    Scenario.gpt, #""fallback":["\#(Scenario.codestral)"]"#, prompt: "number \(number)")
                let op = number % 2 == 0 ? "generate" : "stream"
                (number <= 32 ? client : leaving).send(#"{"id":\#(base + number),"op":"\#(op)",\#(fields)}"#)
            }
            let cancelled = Array(stride(from: 1, through: 32, by: 3))
            for number in cancelled {
                client.send(#"{"id":\#(base + 500 + number),"op":"cancel","target":\#(base + number)}"#)
            }
            var terminals: [Int: Int] = [:]
            while terminals.count < 32 + cancelled.count, let frame = try client.next() {
                if frame.isTerminal { terminals[frame.id, default: 0] += 1 }
                guard frame.event == "result", frame.id < base + 500 else { continue }
                #expect(frame.text == Chaos.text(frame.id - base))
            }
            #expect(terminals.values.allSatisfy { $0 == 1 })
        }
        // When no request is in flight, the daemon has noticed the last disconnected client.
        var left = 1
        while left > 0 {
            let status = try scenario.ask("status", "")
            let requests = status["requests"] as? [String: Any]
            let providers = status["providers"] as? [[String: Any]] ?? []
            left = providers.reduce(requests?["in_flight"] as? Int ?? 1) { sum, provider in
                sum + (provider["in_flight"] as? Int ?? 1) + (provider["queued"] as? Int ?? 1)
            }
        }
        #expect(scenario.daemon.threadCount <= 2)
    }

    @Test("when every provider fails, retries stay within their budget")
    func nobodyAnswers() throws {
        let openai = try ScriptedProvider.openAI(.retryLater(.none))
        let mistral = try ScriptedProvider.mistral(.retryLater(.none))
        let scenario = try Scenario(["openai": openai, "mistral": mistral])
        let count = 500
        let endings = try Self.run(try scenario.daemon.client(), count) { _ in
            ("generate", Scenario.fields(Scenario.gpt, #""fallback":["\#(Scenario.codestral)"]"#))
        }
        #expect(endings.allSatisfy { $0.last.code == "rate_limited" })
        let calls = openai.calls.count + mistral.calls.count
        // Each of the two providers gets every request once, and a fifth of them again.
        #expect(calls * 5 <= count * 2 * 6, "\(calls) calls for \(count) requests")
        #expect(calls >= count * 2)
    }

    @Test("a stalled provider neither delays another provider's answers nor makes them cost more processor time")
    func stalled() throws {
        let openai = try ScriptedProvider.openAI(.hangBeforeHead)
        let mistral = try ScriptedProvider.mistral()
        let scenario = try Scenario(["openai": openai, "mistral": mistral])
        var (alone, beside) = (Sample(), Sample())
        var next = 1
        func ask(_ sample: inout Sample) throws {
            let before = scenario.daemon.processorNanoseconds
            let endings = try Self.run(scenario.client, Sample.batch, atOnce: 8, from: next) { _ in
                ("generate", Scenario.fields(Scenario.codestral))
            }
            next += Sample.batch
            #expect(endings.allSatisfy { $0.last.event == "result" })
            sample.times += endings.map(\.took)
            sample.processorNanoseconds += scenario.daemon.processorNanoseconds - before
        }
        var warmUp = Sample()
        try ask(&warmUp)
        // The two conditions alternate, so that other load of the machine affects both alike. If the difference is in
        // doubt, more of both is measured.
        var batches = 0
        while batches < 8 || batches < 40 && beside.slowest > alone.slowest * 1.2 {
            batches += 1
            try ask(&alone)
            let stalled = try scenario.daemon.client()
            for id in 1...200 { stalled.send(#"{"id":\#(id),"op":"stream",\#(Scenario.fields(Scenario.gpt))}"#) }
            try openai.blockForCalls(200 * batches)
            try ask(&beside)
            for id in 1...200 { stalled.send(#"{"id":\#(1000 + id),"op":"cancel","target":\#(id)}"#) }
            for id in 1...200 { _ = try stalled.frames(1000 + id) }
        }
        #expect(
            beside.slowest <= alone.slowest * 1.2, "\(beside.slowest) beside a stalled provider, \(alone.slowest) alone"
        )
        #expect(
            beside.processorNanoseconds <= alone.processorNanoseconds * 11 / 10, "\(beside.work), \(alone.work) alone")
        print(
            "stalled: p99 \(alone.slowest) alone, \(beside.slowest) beside 200 stalled requests,",
            "\(alone.work) and \(beside.work) µs of processor a request, \(alone.times.count) requests each")
    }

    /// Requests under one condition, measured in several batches.
    private struct Sample {
        static let batch = 200
        var times: [Duration] = []
        /// The daemon's processor time.
        var processorNanoseconds = 0

        /// The 99th percentile.
        var slowest: Duration { times.sorted().dropLast(times.count / 100).last ?? .zero }
        /// Processor time for each request in microseconds.
        var work: Int { processorNanoseconds / 1000 / max(1, times.count) }
    }
}
