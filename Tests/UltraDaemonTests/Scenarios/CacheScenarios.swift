import Foundation
import ScriptedProvider
import Testing

/// A folder with a configuration file, removed with this object.
final class ConfigurationFolder {
    private let folder: TemporaryFolder

    init(_ toml: String) throws {
        folder = try TemporaryFolder("ultra-configuration")
        try toml.write(toFile: "\(folder.path)/ultrad.toml", atomically: true, encoding: .utf8)
    }

    var environment: [String: String] { ["CONFIGURATION_DIRECTORY": folder.path] }
}

@Suite("Scenarios: the cache")
struct CacheScenarios {
    static let on = "[cache]\nenabled = true\n"

    /// A scenario with the cache on; `toml` is added to its table.
    static func scenario(
        _ providers: [String: ScriptedProvider], toml: String = "", _ environment: [String: String] = [:]
    ) throws -> Scenario {
        let folder = try ConfigurationFolder(on + toml)
        let all = folder.environment.merging(environment) { $1 }
        return try withExtendedLifetime(folder) { try Scenario(providers, all) }
    }

    static func cache(_ scenario: Scenario) throws -> [String: Any] {
        try scenario.ask("status", "")["cache"] as? [String: Any] ?? [:]
    }

    static let streamed = Script.events([
        RelayTests.chunk("hello "), RelayTests.chunk("there"), RelayTests.finish, RelayTests.usage,
    ])

    @Test("off by default: every request reaches the provider, and its answer says so")
    func off() throws {
        let openai = try ScriptedProvider.openAI()
        let scenario = try Scenario(["openai": openai])
        for _ in 0..<2 { #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "off") }
        #expect(openai.calls.count == 2)
        #expect(try Self.cache(scenario)["enabled"] as? Bool == false)
    }

    @Test("an equal request gets the stored answer in either form, at no cost")
    func hit() throws {
        for (first, second) in [
            ("generate", "generate"), ("generate", "stream"), ("stream", "generate"), ("stream", "stream"),
        ] {
            let openai = try ScriptedProvider.openAI(first == "stream" ? Self.streamed : ScriptedProvider.whole)
            let scenario = try Self.scenario(["openai": openai])
            let asked = try scenario.frames(first, Scenario.fields(Scenario.gpt))
            let given = try scenario.frames(second, Scenario.fields(Scenario.gpt))
            #expect(asked.last?["cache"] as? String == "miss")
            #expect(asked.last?["cost_usd"] as? Double == 0.000028)
            #expect(given.last?["cache"] as? String == "hit", "\(first) \(second)")
            #expect(given.last?["cost_usd"] as? Int == 0)
            #expect((given.last?["attempts"] as? [Any])?.isEmpty == true)
            for name in ["model", "provider", "provider_model", "finish_reason", "usage_source"] {
                #expect(given.last?[name] as? String == asked.last?[name] as? String)
            }
            #expect((given.last?["usage"] as? [String: Any])?["output_tokens"] as? Int == 2)
            #expect(asked.compactMap(\.text).joined() == "hello there")
            #expect(given.compactMap(\.text).joined() == "hello there")
            if second == "stream" { #expect(given.map(\.event) == ["start", "delta", "done"]) }
            #expect(openai.calls.count == 1)
            let status = try scenario.ask("status", "")
            let cache = status["cache"] as? [String: Any] ?? [:]
            #expect(cache["hits"] as? Int == 1)
            #expect(cache["misses"] as? Int == 1)
            #expect(cache["saved_usd"] as? Double == 0.000028)
            #expect((cache["bytes"] as? Int ?? 0) > 10)
            let today = status["today"] as? [String: Any] ?? [:]
            #expect(today["requests"] as? Int == 2)
            #expect(today["output_tokens"] as? Int == 2)
            #expect(today["cost_usd"] as? Double == 0.000028)
        }
    }

    @Test("`refresh` asks the provider and stores the new answer; `off` neither reads nor stores")
    func modes() throws {
        func answer(_ text: String) -> Script {
            .json(RelayTests.answer.replacingOccurrences(of: "hello there", with: text))
        }
        let openai = try ScriptedProvider.openAI(answer("one"), answer("two"), answer("three"))
        let scenario = try Self.scenario(["openai": openai])
        var told: [String] = []
        for mode in ["default", "default", "refresh", "default", "off", "default"] {
            let result = try scenario.generate(Scenario.gpt, #""cache":"\#(mode)""#)
            told.append("\(result.text ?? "") \(result["cache"] as? String ?? "")")
        }
        #expect(told == ["one miss", "one hit", "two miss", "two hit", "three off", "two hit"])
        #expect(openai.calls.count == 3)
    }

    @Test("vectors are stored like answers")
    func embeddings() throws {
        let openai = try ScriptedProvider.openAI()
        openai.list(["text-embedding-3-small"])
        openai.answer(
            "/v1/embeddings",
            with: .json(#"{"data":[{"index":0,"embedding":[0.5,-1]}],"model":"e","usage":{"prompt_tokens":1}}"#))
        let scenario = try Self.scenario(["openai": openai])
        let fields = #""model":"openai/text-embedding-3-small","input":["a"]"#
        let results = try (0..<2).map { _ in try scenario.ask("embed", fields) }
        #expect(results.map { $0["cache"] as? String } == ["miss", "hit"])
        #expect(results.allSatisfy { $0["embeddings"] as? [[Double]] == [[0.5, -1]] })
        #expect(results[1]["cost_usd"] as? Int == 0)
        #expect(try scenario.ask("embed", fields + #","cache":"off""#)["cache"] as? String == "off")
        #expect(openai.calls.count == 2)
    }

    struct Unkept: Sendable, CustomTestStringConvertible {
        let name: String
        let script: Script
        var toml = ""
        var isKept = false
        var testDescription: String { name + toml }
    }

    static func ending(_ reason: String, _ more: String = "") -> Script {
        .json(
            RelayTests.answer.replacingOccurrences(
                of: #""finish_reason":"stop""#, with: #""finish_reason":"\#(reason)""#
            )
            .replacingOccurrences(of: #""hello there""#, with: #""hello there"\#(more)"#))
    }

    static let calling = ending(
        "tool_calls",
        #","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]"#)

    @Test(
        "neither errors nor answers that are cut short, filtered or call tools are kept",
        arguments: [
            Unkept(name: "stop", script: ending("stop"), isKept: true),
            Unkept(name: "length", script: ending("length")),
            Unkept(name: "content_filter", script: ending("content_filter")),
            Unkept(name: "something new", script: ending("weather")),
            Unkept(name: "tool_calls", script: calling),
            Unkept(name: "tool_calls", script: calling, toml: "tool_calls = true", isKept: true),
            Unkept(name: "400", script: .json(#"{"error":{"message":"no"}}"#, status: 400)),
            Unkept(name: "nothing in memory", script: ending("stop"), toml: "memory_bytes = 0\ndisk_bytes = 0"),
        ])
    func unkept(_ unkept: Unkept) throws {
        let openai = try ScriptedProvider.openAI(unkept.script)
        let scenario = try Self.scenario(["openai": openai], toml: unkept.toml)
        let tools = #""tools":[{"name":"f"}]"#
        for _ in 0..<2 { _ = try scenario.generate(Scenario.gpt, tools) }
        #expect(openai.calls.count == (unkept.isKept ? 1 : 2))
    }

    @Test("neither a broken stream nor the answer of a fallback is stored")
    func broken() throws {
        let openai = try ScriptedProvider.openAI(.stream([.event(RelayTests.chunk("a")), .close]))
        let scenario = try Self.scenario(["openai": openai])
        for _ in 0..<2 { #expect(try scenario.ask("stream", Scenario.fields(Scenario.gpt)).code == "stream_truncated") }
        #expect(openai.calls.count == 2)

        let refusing = try ScriptedProvider.openAI(.retryLater(.seconds(30)))
        let mistral = try ScriptedProvider.mistral()
        let other = try Self.scenario(["openai": refusing, "mistral": mistral])
        for _ in 0..<2 {
            let result = try other.generate(Scenario.gpt, #""fallback":["\#(Scenario.codestral)"]"#)
            #expect(result["model"] as? String == Scenario.codestral)
            #expect(result["cache"] as? String == "miss")
        }
        #expect(mistral.calls.count == 2)
    }

    @Test("stored answers are served while the provider is down, and removed by cache_clear")
    func clear() throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI(
            ScriptedProvider.whole, ScriptedProvider.whole.with { $0.body.insert(.wait(gate), at: 0) })
        let scenario = try Self.scenario(["openai": openai])
        _ = try scenario.generate(Scenario.gpt)
        try openai.refuse()
        #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "hit")
        try openai.listenAgain()
        let cleared = try scenario.ask("cache_clear", "")
        #expect(cleared["entries"] as? Int == 1)
        #expect((cleared["bytes"] as? Int ?? 0) > 10)
        #expect(try Self.cache(scenario)["bytes"] as? Int == 0)
        // The answer to a request sent before a clear is not stored after it.
        let asked = scenario.send("generate", Scenario.fields(Scenario.gpt))
        try openai.blockForCalls(2)
        _ = try scenario.ask("cache_clear", "")
        gate.open()
        #expect(try scenario.client.frames(asked).last?["cache"] as? String == "miss")
        #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "miss")
    }

    @Test("the memory stays within its bound, and the oldest answers are evicted")
    func bound() throws {
        let text = String(repeating: "x", count: 4096)
        let openai = try ScriptedProvider.openAI(
            .json(RelayTests.answer.replacingOccurrences(of: "hello there", with: text)))
        let scenario = try Self.scenario(["openai": openai], toml: "memory_bytes = \"256KiB\"\ndisk_bytes = 0")
        for number in 0..<100 {
            _ = try scenario.ask("generate", Scenario.fields(Scenario.gpt, prompt: "\(number)"))
        }
        let cache = try Self.cache(scenario)
        #expect((cache["bytes"] as? Int ?? 0) <= 256 << 10)
        #expect((40...60).contains(cache["entries"] as? Int ?? 0), "\(cache)")
        for (number, state) in [(99, "hit"), (0, "miss")] {
            let result = try scenario.ask("generate", Scenario.fields(Scenario.gpt, prompt: "\(number)"))
            #expect(result["cache"] as? String == state)
        }
    }
}
