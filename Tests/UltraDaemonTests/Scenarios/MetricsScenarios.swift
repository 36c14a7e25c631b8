import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: metrics")
struct MetricsScenarios {
    static func metrics(_ scenario: Scenario) throws -> Exposition {
        try Exposition(try scenario.ask("metrics", "")["text"] as? String ?? "")
    }

    static func outcome(_ op: String, _ outcome: String) -> [String: String] { ["op": op, "outcome": outcome] }

    @Test("every event is counted once, in the format of Prometheus")
    func counts() throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI(
            ScriptedProvider.whole, Failures.internalError, ScriptedProvider.whole,
            .json(#"{"error":{"message":"no"}}"#, status: 400), CacheScenarios.streamed,
            CoalescingScenarios.held(gate))
        let scenario = try CacheScenarios.scenario(["openai": openai])
        let start = try Self.metrics(scenario)
        #expect(start["ultrad_cache_enabled"] == 1)
        #expect(start["ultrad_requests_in_flight"] == 0)
        #expect(start["ultrad_requests_total", Self.outcome("probe", "ok")] == 1)
        #expect(start["ultrad_requests_total", Self.outcome("generate", "ok")] == nil)
        #expect(start["ultrad_provider_state", ["provider": "openai", "state": "available"]] == 1)
        #expect(start["ultrad_provider_state", ["provider": "openai", "state": "unknown"]] == 0)
        #expect(start["ultrad_provider_models", ["provider": "openai"]] == 2)

        for prompt in ["one", "one", "two", "three"] {
            _ = try scenario.ask("generate", Scenario.fields(Scenario.gpt, prompt: prompt))
        }
        _ = try scenario.ask("stream", Scenario.fields(Scenario.gpt, prompt: "four"))
        _ = try scenario.ask("generate", #""model":"openai/gpt-4o""#)
        _ = try scenario.ask("generate", Scenario.fields("nobody"))
        let cancelled = scenario.send("generate", Scenario.fields(Scenario.gpt, prompt: "five"))
        try openai.blockForCalls(6)
        let other = try scenario.daemon.client()
        other.send(#"{"id":1,"op":"generate",\#(Scenario.fields(Scenario.gpt, prompt: "five"))}"#)
        try CoalescingScenarios.blockForJoined(1, scenario)
        let during = try Self.metrics(scenario)
        #expect(during["ultrad_requests_in_flight"] == 2)
        #expect(during["ultrad_connections"] == 2)
        #expect(during["ultrad_provider_in_flight_requests", ["provider": "openai"]] == 1)
        _ = try scenario.cancel(cancelled)
        gate.open()
        #expect(try other.frames().last?["cache"] as? String == "coalesced")

        let end = try Self.metrics(scenario)
        let requests = "ultrad_requests_total"
        #expect(end[requests, Self.outcome("generate", "ok")] == 4)
        #expect(end[requests, Self.outcome("generate", "bad_request")] == 1)
        #expect(end[requests, Self.outcome("generate", "invalid_request")] == 1)
        #expect(end[requests, Self.outcome("generate", "model_not_found")] == 1)
        #expect(end[requests, Self.outcome("generate", "cancelled")] == 1)
        #expect(end[requests, Self.outcome("stream", "ok")] == 1)
        #expect(end[requests, Self.outcome("cancel", "ok")] == 1)
        #expect(end["ultrad_request_duration_seconds_count", ["op": "generate"]] == 8)
        #expect(end["ultrad_request_duration_seconds_count", ["op": "stream"]] == 1)
        #expect(end["ultrad_first_token_seconds_count", ["op": "stream"]] == 1)
        let model = ["provider": "openai", "model": Scenario.gpt]
        #expect(end["ultrad_model_requests_total", model.merging(["outcome": "ok"]) { $1 }] == 4)
        #expect(end["ultrad_model_requests_total", model.merging(["outcome": "error"]) { $1 }] == 1)
        #expect(end["ultrad_input_tokens_total", model] == 12)
        #expect(end["ultrad_output_tokens_total", model] == 8)
        #expect(end["ultrad_cost_usd_total", model] == 0.000112)
        #expect(end["ultrad_retries_total"] == 1)
        #expect(end["ultrad_fallbacks_total"] == 0)
        #expect(end["ultrad_cache_hits_total"] == 1)
        #expect(end["ultrad_cache_misses_total"] == 5)
        #expect(end["ultrad_cache_coalesced_total"] == 1)
        #expect(end["ultrad_cache_saved_usd_total"] == 0.000056)
        #expect(end["ultrad_requests_in_flight"] == 0)
        let host = ["host": openai.url]
        #expect((end["ultrad_pool_handshakes_total", host] ?? 0) >= 1)
        #expect((end["ultrad_pool_reused_total", host] ?? 0) >= 1)
        #expect((end["process_cpu_seconds_total"] ?? 0) > 0)
        #expect((end["process_resident_memory_bytes"] ?? 0) > 1_000_000)
        #expect((end["process_open_fds"] ?? 0) > 5)
        let age: Double = Date().timeIntervalSince1970 - (end["process_start_time_seconds"] ?? 0)
        #expect(age > -1 && age < 60)
    }

    @Test("no series has a label for a user, a process or a request")
    func labels() throws {
        let scenario = try Scenario(["openai": try ScriptedProvider.openAI()])
        _ = try scenario.generate(Scenario.gpt)
        let labels = Set(try Self.metrics(scenario).values.keys.flatMap(\.labels.keys))
        #expect(labels.isSubset(of: ["provider", "model", "op", "outcome", "state", "host", "level", "le", "version"]))
    }

    @Test("a fallback is counted, and an open breaker is shown")
    func breaker() throws {
        let openai = try ScriptedProvider.openAI(Failures.internalError)
        let mistral = try ScriptedProvider.mistral()
        let scenario = try Scenario(["openai": openai, "mistral": mistral])
        for _ in 0..<6 {
            let result = try scenario.generate(Scenario.gpt, #""fallback":["\#(Scenario.codestral)"]"#)
            #expect(result["model"] as? String == Scenario.codestral)
        }
        let metrics = try Self.metrics(scenario)
        #expect(metrics["ultrad_fallbacks_total"] == 6)
        #expect(metrics["ultrad_provider_models_breaker_open", ["provider": "openai"]] == 1)
        #expect(metrics["ultrad_provider_models_breaker_open", ["provider": "mistral"]] == 0)
    }

    @Test("models that no provider lists and that never answered are `other`, in metrics and events")
    func inventedNames() throws {
        let refusal = Script.json(#"{"error":{"message":"no"}}"#, status: 400)
        let openai = try ScriptedProvider.openAI(refusal, refusal, refusal, ScriptedProvider.whole)
        let scenario = try Scenario(["openai": openai])
        let watcher = try Watcher(scenario.daemon, "requests")
        for number in 0..<3 {
            #expect(try scenario.generate("openai/invented-\(number)", #""fallback":false"#).event == "error")
            #expect(try watcher.next()["model"] as? String == "other")
            #expect(try watcher.next()["model"] as? String == "other")
        }
        #expect(try scenario.generate("openai/hidden", #""fallback":false"#).event == "result")
        #expect(try watcher.next()["model"] as? String == "other")
        #expect(try watcher.next()["model"] as? String == "openai/hidden")
        let metrics = try Self.metrics(scenario)
        let labels = ["provider": "other", "model": "other", "outcome": "error"]
        #expect(metrics["ultrad_model_requests_total", labels] == 3)
        let hidden = ["provider": "openai", "model": "openai/hidden", "outcome": "ok"]
        #expect(metrics["ultrad_model_requests_total", hidden] == 1)
        #expect(!(try scenario.ask("metrics", "")["text"] as? String ?? "").contains("invented"))
    }

    @Test(
        "the longest turn since the start and since the last scrape is shown; a mock's long answer is not one turn"
    )
    func longestTurn() throws {
        let scenario = try Scenario([:], ["USE_MOCK": "true"])
        _ = try Self.metrics(scenario)
        let prompt = String(repeating: "word ", count: 300_000)
        let id = scenario.send("generate", Scenario.fields("mock/echo", prompt: prompt))
        let other = try scenario.daemon.client()
        var pings = 0
        // Pings are answered while the mock's answer is generated.
        while try Self.inFlight(other) > 0 || pings == 0 { pings += 1 }
        #expect(pings > 5)
        #expect(try scenario.client.frames(id).last?.text?.utf8.count == prompt.utf8.count)
        let metrics = try Self.metrics(scenario)
        let since = try #require(metrics["ultrad_loop_longest_recent_turn_seconds"])
        let all = try #require(metrics["ultrad_loop_longest_turn_seconds"])
        #expect(since > 0 && since <= all)
        let status = try scenario.ask("status", "")["watchdog"] as? [String: Any]
        #expect((status?["longest_turn_ms"] as? Double ?? 0) >= all * 1000 - 0.001)
    }

    private static func inFlight(_ client: Client) throws -> Int {
        (try client.ask(#"{"id":1,"op":"status"}"#)["requests"] as? [String: Any])?["in_flight"] as? Int ?? 0
    }
}
