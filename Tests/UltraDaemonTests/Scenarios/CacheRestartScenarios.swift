import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: the cache and restarts")
struct CacheRestartScenarios {
    /// Returns when the file has this many replies.
    static func blockForKept(_ count: Int, _ scenario: Scenario) throws {
        while try CacheScenarios.cache(scenario)["disk_entries"] as? Int ?? -1 < count {}
    }

    @Test("a daemon that was killed answers from its file, in either form, and each user has the own answers")
    func restart() throws {
        let openai = try ScriptedProvider.openAI()
        openai.answer(
            "/v1/embeddings",
            with: .json(#"{"data":[{"index":0,"embedding":[0.5,-1]}],"model":"e","usage":{"prompt_tokens":1}}"#))
        let state = try TemporaryFolder("ultra-state")
        let place = ["STATE_DIRECTORY": state.path]
        let vectors = #""model":"openai/text-embedding-3-small","input":["a"]"#
        do {
            let scenario = try CacheScenarios.scenario(["openai": openai], place)
            #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "miss")
            #expect(try scenario.ask("embed", vectors)["cache"] as? String == "miss")
            try Self.blockForKept(2, scenario)
            scenario.daemon.signal(SIGKILL)
            _ = scenario.daemon.exitCode()
        }
        let scenario = try CacheScenarios.scenario(["openai": openai], place)
        let frames = try scenario.frames("stream", Scenario.fields(Scenario.gpt))
        #expect(frames.map(\.event) == ["start", "delta", "done"])
        #expect(frames.last?["cache"] as? String == "hit")
        #expect(frames.last?["cost_usd"] as? Int == 0)
        #expect(frames.compactMap(\.text) == ["hello there"])
        #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "hit")
        #expect(try scenario.ask("embed", vectors)["cache"] as? String == "hit")
        #expect(openai.calls.count == 2)
        let cache = try CacheScenarios.cache(scenario)
        #expect(cache["hits"] as? Int == 3)
        #expect(cache["misses"] as? Int == 0)
        #expect(cache["saved_usd"] as? Double ?? 0 >= 0.000056)
        let requests = try scenario.ask("status", "")["requests"] as? [String: Any] ?? [:]
        #expect(requests["total"] as? Int == 3)
        #expect(requests["in_flight"] as? Int == 0)

        #expect(try scenario.ask("cache_clear", "")["entries"] as? Int == 2)
        #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "miss")
    }

    @Test("another server under the same name has its own answers; answers that are too old are asked for again")
    func changed() throws {
        let state = try TemporaryFolder("ultra-state")
        let place = ["STATE_DIRECTORY": state.path]
        for (toml, expected) in [("", "miss"), ("", "miss"), ("ttl = 1", "miss")] {
            let openai = try ScriptedProvider.openAI()
            let scenario = try CacheScenarios.scenario(["openai": openai], toml: toml, place)
            #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == expected)
            try Self.blockForKept(1, scenario)
        }
    }

    @Test("an answer that was found in the file before a clear is not kept after it")
    func clearedMeanwhile() throws {
        let openai = try ScriptedProvider.openAI()
        let state = try TemporaryFolder("ultra-state")
        let place = ["STATE_DIRECTORY": state.path]
        do {
            let scenario = try CacheScenarios.scenario(["openai": openai], place)
            _ = try scenario.generate(Scenario.gpt)
            scenario.daemon.signal(SIGTERM)
            #expect(scenario.daemon.exitCode() == 0)
        }
        let scenario = try CacheScenarios.scenario(["openai": openai], place)
        // Both requests are sent in one write: the daemon reads the cache's file when the clear arrives.
        func frame(_ json: String) -> [UInt8] {
            let body = Array(json.utf8)
            return (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (24 - 8 * $0)) } + body
        }
        let request = #"{"id":1001,"op":"generate",\#(Scenario.fields(Scenario.gpt))}"#
        scenario.client.send(bytes: frame(request) + frame(#"{"id":1002,"op":"cache_clear"}"#))
        var ended: [Int: Frame] = [:]
        while ended.count < 2, let next = try scenario.client.next() { ended[next.id] = next }
        #expect(ended[1001]?["cache"] as? String == "miss")
        #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "miss")
        #expect(openai.calls.count == 3)
    }

    @Test("equal requests share the look into the file, too")
    func together() throws {
        let openai = try ScriptedProvider.openAI()
        let state = try TemporaryFolder("ultra-state")
        let place = ["STATE_DIRECTORY": state.path]
        do {
            let scenario = try CacheScenarios.scenario(["openai": openai], place)
            _ = try scenario.generate(Scenario.gpt)
            // A daemon that is told to stop writes the pending answers.
            scenario.daemon.signal(SIGTERM)
            #expect(scenario.daemon.exitCode() == 0)
        }
        let scenario = try CacheScenarios.scenario(["openai": openai], place)
        let ids = (0..<50).map { _ in scenario.send("generate", Scenario.fields(Scenario.gpt)) }
        for _ in ids { #expect(try scenario.client.next()?["cache"] as? String == "hit") }
        #expect(openai.calls.count == 1)
        let requests = try scenario.ask("status", "")["requests"] as? [String: Any] ?? [:]
        #expect(requests["total"] as? Int == 50)
        #expect(requests["in_flight"] as? Int == 0)
    }

    @Test("an unwritable state directory costs no answer, and is reported once")
    func unwritable() throws {
        let openai = try ScriptedProvider.openAI()
        let state = try TemporaryFolder("ultra-state")
        try state.write("file", "")
        let scenario = try CacheScenarios.scenario(["openai": openai], ["STATE_DIRECTORY": "\(state.path)/file"])
        let states = try (0..<3).map { number in
            try scenario.ask("generate", Scenario.fields(Scenario.gpt, prompt: "\(number / 2)"))["cache"] as? String
        }
        #expect(states == ["miss", "hit", "miss"])
        let told = scenario.daemon.logText.split(separator: "\n").filter { $0.contains("cache's file") }
        #expect(told.count == 1, "\(told)")
    }
}
