import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: deep probes")
struct DeepProbeScenarios {
    static let embedding = "openai/text-embedding-3-small"

    private static func provider() throws -> ScriptedProvider {
        let openai = try ScriptedProvider.openAI()
        openai.list(["gpt-4o", "gpt-4o-mini", "text-embedding-3-small", "whisper-1"])
        openai.answer(
            "/v1/embeddings",
            with: .json(
                #"{"data":[{"index":0,"embedding":[0.5]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":1}}"#
            ))
        return openai
    }

    private static func results(_ frame: Frame) -> [[String: Any]] { frame["results"] as? [[String: Any]] ?? [] }

    @Test("of a provider: each of its models is asked for what it is there for")
    func provider() throws {
        let openai = try Self.provider()
        let scenario = try Scenario(["openai": openai])
        let frame = try scenario.ask("probe", #""provider":"openai","deep":true"#)
        let models = Self.results(frame).compactMap { $0["model"] as? String }
        #expect(models.sorted() == [Scenario.gpt, Scenario.mini, Self.embedding])
        #expect(Self.results(frame).allSatisfy { $0["error"] is NSNull && $0["state"] as? String == "available" })
        #expect(openai.calls.map(\.path).sorted() == [Scenario.chat, Scenario.chat, "/v1/embeddings"])
        for id in models {
            let evidence = try scenario.model(id)["evidence"] as? [String: [String: Any]]
            #expect(evidence?["generated"]?["ok"] as? Bool == true)
            #expect(evidence?["generated"]?["by"] as? String == "probe")
        }
        let spent = try scenario.ask("status", "")["probe_spend_today_usd"] as? Double ?? 0
        #expect(spent > 0)
        // A request without a name does not probe all models.
        #expect(try scenario.ask("probe", #""deep":true"#).code == "invalid_request")
    }

    @Test("a failing model affects no other, and only its own evidence changes")
    func failure() throws {
        let openai = try Self.provider()
        openai.answer("/v1/embeddings", with: Failures.internalError)
        let scenario = try Scenario(["openai": openai])
        let failed = Self.results(try scenario.ask("probe", #""provider":"openai","deep":true"#))
            .filter { !($0["error"] is NSNull) }
        #expect(failed.compactMap { $0["model"] as? String } == [Self.embedding])
        #expect((failed.first?["error"] as? [String: Any])?["code"] as? String == "upstream_error")
        #expect(try scenario.state(Scenario.gpt) == "available")
        #expect(try scenario.state(Self.embedding) == "degraded")
    }

    @Test("a deep probe beyond the budget is not sent")
    func budget() throws {
        let openai = try Self.provider()
        let scenario = try Scenario(["openai": openai], file: "[health]\ndeep_probe_usd_per_day = 0.00005\n")
        // 20 tokens in and one out, at 2.5 and 10 USD per million, cost more than the budget.
        let result = Self.results(try scenario.ask("probe", #""model":"\#(Scenario.gpt)","deep":true"#)).first
        #expect((result?["error"] as? [String: Any])?["code"] as? String == "quota_exceeded")
        #expect(openai.calls.isEmpty)
    }

    @Test("on schedule: configured and requested models, unless a request has shown that they work")
    func schedule() throws {
        let openai = try Self.provider()
        let scenario = try Scenario(
            ["openai": openai], ["DEFAULT_MODEL": Scenario.gpt], file: "[health]\ndeep_probe_interval = \"1s\"\n")
        try openai.blockForCalls(2)
        let calls = openai.calls
        #expect(calls.allSatisfy { $0.bodyText.contains(#""gpt-4o""#) && $0.bodyText.contains("ping") })
        #expect(calls[1].receivedAt - calls[0].receivedAt >= .milliseconds(990))
        let start = openai.calls.count
        // While requests arrive, no probe is needed.
        let end = ContinuousClock.now + .milliseconds(1500)
        while ContinuousClock.now < end { #expect(try scenario.generate(Scenario.gpt).event == "result") }
        #expect(openai.calls[start...].count { $0.bodyText.contains("ping") } <= 1)
        // Now mini is a model that a client has used.
        _ = try scenario.generate(Scenario.mini)
        let known = openai.requests.count
        let isMini = try (0..<known + 5).contains { _ in
            let text = try openai.blockForRequest().bodyText
            return text.contains("ping") && text.contains("mini")
        }
        #expect(isMini)
        #expect(!openai.calls.contains { $0.path != Scenario.chat })
    }
}
