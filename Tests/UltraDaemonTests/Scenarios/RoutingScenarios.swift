import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: routing")
struct RoutingScenarios {
    static let image = #""messages":[{"role":"user","content":[{"type":"image","url":"https://example.org/a.png"}]}]"#

    @Test("a model that lacks what is asked for is not asked; a fallback that has it is")
    func capability() throws {
        let openai = try ScriptedProvider.openAI()
        openai.list(["gpt-3.5-turbo", "gpt-4o", "text-embedding-3-small"])
        let scenario = try Scenario(["openai": openai])
        let refused = try scenario.ask("generate", #""model":"openai/gpt-3.5-turbo",\#(Self.image)"#)
        #expect(refused.code == "capability_missing")
        #expect((refused.error["message"] as? String)?.contains("vision") == true)
        #expect(try scenario.generate("openai/text-embedding-3-small").code == "capability_missing")
        #expect(openai.calls.isEmpty)
        let moved = try scenario.ask(
            "generate", #""model":"openai/gpt-3.5-turbo","fallback":["\#(Scenario.gpt)"],\#(Self.image)"#)
        #expect(moved.story == ["openai/gpt-4o ok"])
        // A probe sends nothing to a model.
        let probed = try scenario.ask("probe", #""model":"openai/text-embedding-3-small""#)
        #expect((probed["results"] as? [[String: Any]])?.first?["state"] as? String == "available")
    }

    @Test(
        "a name that nothing answers to is refused with the nearest that there are",
        arguments: [
            ("gtp-4o", "openai/gpt-4o"), ("opnai/gpt-4o", "openai/gpt-4o"), ("codestral", "mistral/codestral-2508"),
        ])
    func nearest(name: String, meant: String) throws {
        let scenario = try Scenario(["openai": try .openAI(), "mistral": try .mistral()])
        let refused = try scenario.generate(name)
        #expect(refused.code == "model_not_found")
        #expect((refused.error["hint"] as? String)?.contains(meant) == true, "\(refused.error)")
        let inList = try scenario.generate(Scenario.gpt, #""fallback":["\#(name)"]"#)
        #expect(inList.code == "model_not_found")
    }

    @Test("a bare name means the one provider that has it; where two have it, both are named")
    func bareName() throws {
        let mistral = try ScriptedProvider.mistral()
        let scenario = try Scenario(["openai": try .openAI(), "mistral": mistral])
        #expect(try scenario.generate("gpt-4o").story == ["openai/gpt-4o ok"])
        mistral.list(["codestral-2508", "gpt-4o"])
        _ = try scenario.probe("mistral")
        let refused = try scenario.generate("gpt-4o")
        #expect(refused.code == "model_not_found")
        #expect(refused.error["hint"] as? String == "name one of openai/gpt-4o, mistral/gpt-4o")
    }

    @Test("if no candidate is usable, the error has the state of each")
    func nobody() throws {
        let isLost = Switch(false)
        let openai = try ScriptedProvider { request in
            if isLost.get() { return Failures.badKey }
            return request.method == "GET" ? ScriptedProvider.list(["gpt-4o"]) : ScriptedProvider.whole
        }
        let mistral = try ScriptedProvider.mistral(.retryLater(.seconds(60)))
        let anthropic = try ScriptedProvider { request in
            request.method == "GET" ? RateLimitScenarios.lists("anthropic") : Failures.internalError
        }
        let scenario = try Scenario(["openai": openai, "mistral": mistral, "anthropic": anthropic])
        isLost.set(true)
        let claude = "anthropic/claude-sonnet-4-5"
        _ = try scenario.generate(Scenario.gpt)
        _ = try scenario.generate(Scenario.codestral)
        for _ in 0..<2 { _ = try scenario.generate(claude) }
        let sent = openai.calls.count + mistral.calls.count + anthropic.calls.count
        let refused = try scenario.generate(
            Scenario.gpt, #""fallback":["\#(Scenario.codestral)","\#(claude)"]"#)
        #expect(refused.code == "no_model_available")
        #expect(
            Set(refused.story) == [
                "openai/gpt-4o skipped unauthorized", "mistral/codestral-2508 skipped rate_limited",
                "\(claude) skipped unavailable",
            ])
        #expect((1...60_000).contains(refused.milliseconds ?? 0))
        #expect(openai.calls.count + mistral.calls.count + anthropic.calls.count == sent)
    }

    @Test("failing candidates are skipped in the order of the list, and each is tried once before any is again")
    func order() throws {
        let openai = try ScriptedProvider.openAI(Failures.internalError)
        let mistral = try ScriptedProvider.mistral(Failures.internalError, ScriptedProvider.whole)
        let scenario = try Scenario(["openai": openai, "mistral": mistral])
        let list = #""fallback":["\#(Scenario.codestral)","\#(Scenario.mini)"]"#
        let story = try scenario.generate(Scenario.gpt, list).story
        #expect(
            Array(story.prefix(3)) == [
                "openai/gpt-4o error upstream_error", "mistral/codestral-2508 error upstream_error",
                "openai/gpt-4o-mini error upstream_error",
            ])
        #expect(story.last == "mistral/codestral-2508 ok")
        // Without a fallback no other model is tried.
        let alone = try scenario.generate(Scenario.gpt, #""fallback":false"#)
        #expect(alone.story.allSatisfy { $0.hasPrefix("openai/gpt-4o ") })
    }
}
