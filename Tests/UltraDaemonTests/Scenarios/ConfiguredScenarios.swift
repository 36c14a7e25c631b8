import Foundation
import ScriptedProvider
import Testing

/// Settings that only the configuration file has, with the built daemon.
@Suite("Scenarios: strategies and intervals from the file")
struct ConfiguredScenarios {
    private static func pair(_ file: String) throws -> (ScriptedProvider, ScriptedProvider, Scenario) {
        let (openai, mistral) = (try ScriptedProvider.openAI(), try ScriptedProvider.mistral())
        return (openai, mistral, try Scenario(["openai": openai, "mistral": mistral], file: file))
    }

    private static func route(_ strategy: String, _ models: String...) -> String {
        let list = models.map { "\"\($0)\"" }.joined(separator: ", ")
        return "[routes.quick]\nmodels = [\(list)]\nstrategy = \"\(strategy)\"\n"
    }

    @Test("weighted: each provider gets its share, weight 0 nothing")
    func weighted() throws {
        let (openai, mistral, scenario) = try Self.pair(
            Self.route("weighted", Scenario.gpt, Scenario.codestral, Scenario.mini) + """
                [models."\(Scenario.gpt)"]
                weight = 3
                [models."\(Scenario.mini)"]
                weight = 0
                """)
        let count = 600
        let endings = try LoadScenarios.run(scenario.client, count, from: 1000) { _ in
            ("generate", Scenario.fields("quick"))
        }
        #expect(endings.allSatisfy { $0.last.event == "result" })
        #expect(openai.calls.count + mistral.calls.count == count)
        // Four standard deviations of 600 draws are 42.
        #expect((count * 3 / 4 - 42...count * 3 / 4 + 42).contains(openai.calls.count), "\(openai.calls.count)")
        #expect(!openai.calls.contains { $0.bodyText.contains("mini") })
    }

    @Test("ordered: the first provider as long as it answers, then the second, then the first again")
    func ordered() throws {
        let (openai, mistral, scenario) = try Self.pair(Self.route("ordered", Scenario.codestral, Scenario.gpt))
        for _ in 0..<10 { #expect(try scenario.generate("quick").story == ["mistral/codestral-2508 ok"]) }
        mistral.answer(Scenario.chat, with: Failures.internalError, ScriptedProvider.whole)
        #expect(
            try scenario.generate("quick").story
                == ["mistral/codestral-2508 error upstream_error", "openai/gpt-4o ok"])
        #expect(try scenario.generate("quick").story == ["mistral/codestral-2508 ok"])
        #expect(openai.calls.count == 1)
    }

    @Test("cheapest: by known prices, the file's before the catalogue's; unknown prices last")
    func cheapest() throws {
        let (openai, mistral, scenario) = try Self.pair(
            Self.route("cheapest", "openai/unheard-of", Scenario.gpt, Scenario.mini, Scenario.codestral) + """
                [models."\(Scenario.codestral)"]
                price = {input = 0.01, output = 0.01}
                [models."openai/unheard-of"]
                weight = 1
                """)
        openai.list(["gpt-4o", "gpt-4o-mini", "unheard-of"])
        _ = try scenario.probe("openai")
        for _ in 0..<5 { #expect(try scenario.generate("quick").story == ["mistral/codestral-2508 ok"]) }
        openai.answer(Scenario.chat, with: Failures.internalError)
        // Without the cheapest provider, the others follow in their order.
        mistral.answer(Scenario.chat, with: Failures.internalError)
        #expect(
            try scenario.generate("quick").story.prefix(4)
                == [
                    "mistral/codestral-2508 error upstream_error", "openai/gpt-4o-mini error upstream_error",
                    "openai/gpt-4o error upstream_error", "openai/unheard-of error upstream_error",
                ])
    }

    @Test("fastest: a provider that becomes slow is left within 20 requests, and used again when it is fast")
    func fastest() throws {
        func taking(_ milliseconds: Int) -> Script {
            ScriptedProvider.whole.with { $0.body.insert(.delay(milliseconds: milliseconds), at: 0) }
        }
        let (openai, mistral, scenario) = try Self.pair(Self.route("fastest", Scenario.gpt, Scenario.codestral))
        mistral.answer(Scenario.chat, with: taking(25))
        /// The number of `count` requests that OpenAI answers.
        func share(of count: Int) throws -> Int {
            let before = openai.calls.count
            for _ in 0..<count { #expect(try scenario.generate("quick").event == "result") }
            return openai.calls.count - before
        }
        _ = try share(of: 20)
        // One request in twenty explores the slower provider: more than seven of twenty happen once in a million.
        #expect(try share(of: 20) >= 13)
        openai.answer(Scenario.chat, with: taking(100))
        _ = try share(of: 20)
        #expect(try share(of: 20) <= 7)
        openai.answer(Scenario.chat, with: ScriptedProvider.whole)
        var rounds = 0
        while try share(of: 10) < 7, rounds < 60 { rounds += 1 }
        #expect(rounds < 60)
    }

    @Test("an outage is reported within two probe intervals, and the recovery soon after it")
    func probes() throws {
        let openai = try ScriptedProvider.openAI(ScriptedProvider.whole)
        let list = ScriptedProvider.list(["gpt-4o"]).then(.close)
        openai.answer("/v1/models", with: list)
        let scenario = try Scenario(
            ["openai": openai],
            file: """
                [health]
                probe_interval = "1s"
                probe_jitter_percent = 0
                retry_interval = "100ms"
                breaker_failures = 2
                breaker_pause = "100ms"
                [retry]
                per_candidate = 0
                """)
        // An answered request replaces a probe.
        let lists = openai.lists
        let end = ContinuousClock.now + .milliseconds(1500)
        while ContinuousClock.now < end { #expect(try scenario.generate(Scenario.gpt).event == "result") }
        #expect(openai.lists == lists)

        let watcher = try Watcher(scenario.daemon)
        openai.answer("/v1/models", with: .resetBeforeHead)
        let gone = ContinuousClock.now
        #expect(try watcher.change(of: "openai", to: "unavailable")["reason"] as? String == "connect_failed")
        #expect(ContinuousClock.now - gone < .seconds(2))
        openai.answer("/v1/models", with: list)
        try watcher.change(of: "openai", to: "available")
        #expect(ContinuousClock.now - gone < .seconds(4))

        // The breaker of the configuration file: two failures, a pause of 0.1 s.
        openai.answer(Scenario.chat, with: Failures.internalError)
        for _ in 0..<2 { #expect(try scenario.generate(Scenario.gpt).code == "upstream_error") }
        try watcher.change(of: Scenario.gpt, to: "unavailable")
        openai.answer(Scenario.chat, with: ScriptedProvider.whole)
        try watcher.change(of: Scenario.gpt, to: "degraded")
        #expect(try scenario.generate(Scenario.gpt).story == ["openai/gpt-4o ok"])
    }
}
