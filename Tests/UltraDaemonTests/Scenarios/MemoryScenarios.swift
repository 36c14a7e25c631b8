import Foundation
import ScriptedProvider
import Testing

/// Memory that clients make the daemon hold, with the smallest `limits.memory`: one user may have 8 MiB.
@Suite("Scenarios: memory")
struct MemoryScenarios {
    private static let file = "[limits]\nmemory = \"16MiB\"\npartial_frame = \"500ms\"\n"
    private static let limitBytes = 16 << 20
    /// Memory not charged to clients: buffers of the loop, of libcurl and of the allocator, in a debug build.
    private static let slackBytes = 24 << 20

    private static func prompt(megabytes: Int) -> String { String(repeating: "x", count: megabytes << 20) }

    /// The bytes of a frame.
    private static func frame(_ id: Int, _ op: String, _ fields: String) -> [UInt8] {
        let text = #"{"id":\#(id),"op":"\#(op)",\#(fields)}"#
        return withUnsafeBytes(of: UInt32(text.utf8.count).bigEndian) { Array($0) } + Array(text.utf8)
    }

    private static func held(_ scenario: Scenario) throws -> Int {
        let memory = try scenario.ask("status", "")["memory"] as? [String: Any]
        return memory?["held_bytes"] as? Int ?? -1
    }

    /// Sends bytes from a thread of its own, since the daemon may not read them for a long time.
    private static func sendApart(_ bytes: [UInt8], on client: Client) {
        nonisolated(unsafe) let client = client
        Thread.detachNewThread { client.send(bytes: bytes) }
    }

    @Test("unfinished frames are bounded together, time out, and leave room for other users")
    func partialFrames() throws {
        let scenario = try Scenario(["openai": .openAI()], file: Self.file)
        let before = scenario.daemon.residentOwnBytes
        let whole = Self.frame(1, "generate", Scenario.fields(Scenario.gpt, prompt: Self.prompt(megabytes: 3)))
        var clients = try (0..<24).map { _ in try scenario.daemon.client() }
        var most = 0
        var sent = [Int](repeating: 0, count: clients.count)
        for _ in 0..<200 {
            for (index, client) in clients.enumerated() {
                let rest = whole[sent[index]..<whole.count - 1]
                let count = rest.withUnsafeBytes {
                    Foundation.send(client.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
                }
                sent[index] += max(0, count)
            }
            most = max(most, scenario.daemon.residentOwnBytes)
        }
        #expect(sent.reduce(0, +) > 4 << 20)
        #expect(most - before < Self.limitBytes + Self.slackBytes, "\(before >> 10) KB, then \(most >> 10) KB")
        #expect(try scenario.generate(Scenario.gpt).event == "result")
        clients = []
        while try Self.held(scenario) > 100_000 {}
    }

    @Test("long requests are read as earlier ones end; none is lost, and small ones pass meanwhile")
    func longRequests() throws {
        let gate = Gate()
        let openai = try QueueScenarios.held(gate)
        let scenario = try Scenario(["openai": openai], file: Self.file)
        let before = scenario.daemon.residentOwnBytes
        let clients = try (0..<10).map { _ in try scenario.daemon.client() }
        let frame = Self.frame(1, "generate", Scenario.fields(Scenario.gpt, prompt: Self.prompt(megabytes: 2)))
        for client in clients { Self.sendApart(frame, on: client) }
        try openai.blockForCalls(1)
        for _ in 0..<100 {
            #expect(try Self.held(scenario) <= Self.limitBytes)
            #expect(scenario.daemon.residentOwnBytes - before < Self.limitBytes + Self.slackBytes)
        }
        #expect(openai.calls.count <= 2)
        gate.open()
        for client in clients { #expect(try client.frames().last?.event == "result") }
        #expect(openai.calls.count == 10)
        while try Self.held(scenario) > 300_000 {}
    }

    @Test("a request that can never fit is refused with the setting's name, and its connection stays usable")
    func tooLong() throws {
        let scenario = try Scenario(["openai": .openAI()], file: Self.file)
        let refused = try scenario.ask("generate", Scenario.fields(Scenario.gpt, prompt: Self.prompt(megabytes: 5)))
        #expect(refused.code == "too_large" && refused.error["provider"] as? String == "ultrad")
        #expect((refused.error["hint"] as? String)?.contains("limits.memory") == true)
        #expect(try scenario.ask("ping", "").event == "result")
    }

    @Test("a request that waits too long for memory is refused as retryable")
    func waits() throws {
        let gate = Gate()
        let openai = try QueueScenarios.held(gate)
        let scenario = try Scenario(["openai": openai], file: Self.file + "[timeouts]\nqueue = \"300ms\"\n")
        let first = try scenario.daemon.client()
        let second = try scenario.daemon.client()
        Self.sendApart(
            Self.frame(1, "generate", Scenario.fields(Scenario.gpt, prompt: Self.prompt(megabytes: 3))), on: first)
        try openai.blockForCalls(1)
        Self.sendApart(
            Self.frame(7, "generate", Scenario.fields(Scenario.gpt, prompt: Self.prompt(megabytes: 3))), on: second)
        let refused = try #require(try second.frames(7).last)
        #expect(refused.code == "overloaded" && refused.error["retryable"] as? Bool == true)
        #expect(refused.error["provider"] as? String == "ultrad")
        gate.open()
        #expect(try first.frames().last?.event == "result")
        #expect(openai.calls.count == 1)
    }

    @Test("unread streams are bounded together and lose nothing")
    func unreadStreams() throws {
        let piece = String(repeating: "y", count: 60_000)
        let openai = try ScriptedProvider.openAI(
            .stream([
                .repeat(count: 32, [.event(RelayTests.chunk(piece))]), .event(RelayTests.finish), .event("[DONE]"),
            ]))
        let scenario = try Scenario(["openai": openai], file: Self.file)
        let before = scenario.daemon.residentOwnBytes
        let clients = try (0..<40).map { _ in try scenario.daemon.client() }
        for client in clients {
            client.send(bytes: Self.frame(1, "stream", Scenario.fields(Scenario.gpt)))
        }
        try openai.blockForCalls(40)
        var most = 0
        for _ in 0..<300 {
            let other = try scenario.daemon.client()
            #expect(try other.ask(#"{"id":1,"op":"ping"}"#).event == "result")
            most = max(most, scenario.daemon.residentOwnBytes)
        }
        #expect(most - before < Self.limitBytes + Self.slackBytes, "\(before >> 10) KB, then \(most >> 10) KB")
        for client in clients {
            let frames = try client.frames()
            #expect(frames.last?.event == "done")
            #expect(frames.compactMap(\.text).reduce(0) { $0 + $1.utf8.count } == 32 * piece.utf8.count)
        }
        while try Self.held(scenario) > 1_000_000 {}
    }

    @Test("long answers to one user are read one after the other, and all arrive")
    func longAnswers() throws {
        let text = String(repeating: "z", count: 5 << 20)
        let openai = try ScriptedProvider.openAI(
            .json(RelayTests.answer.replacingOccurrences(of: "hello there", with: text)))
        let scenario = try Scenario(["openai": openai], file: Self.file)
        let clients = try (0..<6).map { _ in try scenario.daemon.client() }
        for client in clients { client.send(bytes: Self.frame(1, "generate", Scenario.fields(Scenario.gpt))) }
        for client in clients { #expect(try client.frames().last?.text?.utf8.count == text.utf8.count) }
        while try Self.held(scenario) > 300_000 {}
    }

    private static let embedding = #""model":"openai/text-embedding-3-small","input":"x""#

    /// A provider with vectors of `count` numbers, four bytes each.
    private static func vectors(of count: Int) throws -> ScriptedProvider {
        let openai = try ScriptedProvider.openAI()
        let vector = Array(repeating: "0.5", count: count).joined(separator: ",")
        openai.answer(
            "/v1/embeddings",
            with: .json(#"{"data":[{"index":0,"embedding":[\#(vector)]}],"usage":{"prompt_tokens":1}}"#))
        return openai
    }

    @Test("long vectors to one user are read one reply after the other, within the user's share, and all arrive")
    func longVectors() throws {
        let scenario = try Scenario(["openai": try Self.vectors(of: 500_000)], file: Self.file)
        let before = scenario.daemon.residentOwnBytes
        var most = before
        var clients = try (0..<24).map { _ in try scenario.daemon.client() }
        for client in clients { client.send(bytes: Self.frame(1, "embed", Self.embedding)) }
        for client in clients {
            #expect(try client.frames().last?.event == "result")
            most = max(most, scenario.daemon.residentOwnBytes)
        }
        #expect(most - before < Self.limitBytes + Self.slackBytes, "\(before >> 10) KB, then \(most >> 10) KB")
        // Each connection is charged as well: 24 of them would hold more than the bound that the test waits for.
        clients = []
        while try Self.held(scenario) > 300_000 {}
    }

    /// Sixteen clients that request answers of 2 MB and read nothing.
    private static func unreadAnswers(_ scenario: Scenario, _ request: String) throws -> [Client] {
        let clients = try (0..<16).map { _ in try scenario.daemon.client() }
        for client in clients { client.send(bytes: frame(1, "generate", request)) }
        return clients
    }

    private static func longAnswer() throws -> ScriptedProvider {
        let text = String(repeating: "z", count: 2 << 20)
        return try ScriptedProvider.openAI(
            .json(RelayTests.answer.replacingOccurrences(of: "hello there", with: text)))
    }

    @Test(
        "unread answers are bounded together; the connection with the most is closed, and the others get theirs",
        arguments: ["", "[cache]\nenabled = true\n"])
    func unreadAnswers(cache: String) throws {
        let openai = try Self.longAnswer()
        let scenario = try Scenario(["openai": openai], file: Self.file + "write_stall = \"6s\"\n" + cache)
        let before = scenario.daemon.residentOwnBytes
        var most = before
        let clients = try Self.unreadAnswers(scenario, Scenario.fields(Scenario.gpt))
        while !scenario.daemon.logText.contains("bytes of answers unread") {
            most = max(most, scenario.daemon.residentOwnBytes)
            #expect(try scenario.daemon.client().ask(#"{"id":1,"op":"ping"}"#).event == "result")
        }
        #expect(most - before < Self.limitBytes + Self.slackBytes, "\(before >> 10) KB, then \(most >> 10) KB")
        var answered = 0
        for client in clients { answered += (try? client.frames().last?.event) == "result" ? 1 : 0 }
        // Time passes while the clients read one after the other.
        #expect((8...15).contains(answered))
    }

    @Test("vectors that no frame can hold are too large, however many replies they come in")
    func tooLongVectors() throws {
        let scenario = try Scenario(
            ["openai": try Self.vectors(of: 20_000)], file: "[limits]\nframe_bytes = \"64KiB\"\n")
        let refused = try scenario.ask("embed", Self.embedding)
        #expect(refused.code == "too_large")
        #expect((refused.error["hint"] as? String)?.contains("limits.frame_bytes") == true)
    }

    @Test("a unary reply that no frame can hold is too large, and no provider is blamed")
    func tooLongAnswer() throws {
        let text = String(repeating: "z", count: 600 << 10)
        let openai = try ScriptedProvider.openAI(
            .json(RelayTests.answer.replacingOccurrences(of: "hello there", with: text)), ScriptedProvider.whole)
        let scenario = try Scenario(["openai": openai], file: "[limits]\nframe_bytes = \"64KiB\"\n")
        let refused = try scenario.generate(Scenario.gpt)
        #expect(refused.code == "too_large" && openai.calls.count == 1)
        #expect(try scenario.state(Scenario.gpt) == "available")
    }

    @Test(
        "another user's small requests pass where one user has its share, and a large one is refused at once",
        .enabled(if: LocalUser.canBeOthers))
    func others() throws {
        let gate = Gate()
        let openai = try QueueScenarios.held(gate)
        let mistral = try ScriptedProvider.mistral()
        let scenario = try Scenario(["openai": openai, "mistral": mistral], file: Self.file)
        let clients = try (0..<4).map { _ in try scenario.daemon.client() }
        for client in clients {
            Self.sendApart(
                Self.frame(1, "generate", Scenario.fields(Scenario.gpt, prompt: Self.prompt(megabytes: 2))), on: client)
        }
        try openai.blockForCalls(1)
        while try Self.held(scenario) < 4_000_000 {}
        let other = try LocalUser(uid: 65_534, gid: 65_534).client(of: scenario.daemon)
        for _ in 0..<20 {
            #expect(
                try other.ask(#"{"id":1,"op":"generate",\#(Scenario.fields(Scenario.codestral))}"#).event == "result")
        }
        let long = Scenario.fields(Scenario.codestral, prompt: Self.prompt(megabytes: 3))
        let refused = try other.ask(#"{"id":2,"op":"generate",\#(long)}"#, id: 2)
        #expect(refused.code == "overloaded" && refused.error["retryable"] as? Bool == true)
        #expect(try other.ask(#"{"id":3,"op":"ping"}"#, id: 3).event == "result")
        gate.open()
        for client in clients { #expect(try client.frames().last?.event == "result") }
        #expect(try other.ask(#"{"id":4,"op":"generate",\#(long)}"#, id: 4).event == "result")
    }
}
