import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: the breaker")
struct BreakerScenarios {
    /// Two requests with three and two attempts: five failures in a row.
    static func broken(_ openai: ScriptedProvider) throws -> Scenario {
        let scenario = try Scenario(["openai": openai])
        openai.answer(Scenario.chat, with: Failures.internalError)
        #expect(try scenario.generate(Scenario.gpt).story.count == 3)
        let opened = try scenario.generate(Scenario.gpt)
        #expect(opened.code == "upstream_error")
        #expect(opened.story.last == "openai/gpt-4o skipped unavailable")
        #expect(openai.calls.count == 5)
        return scenario
    }

    @Test("it opens at the fifth failure in a row, for this model alone, and nothing is sent to it")
    func opens() throws {
        let openai = try ScriptedProvider.openAI()
        let scenario = try Self.broken(openai)
        #expect(try scenario.state(Scenario.gpt) == "unavailable")
        #expect(try scenario.state(Scenario.mini) == "available")
        #expect(try scenario.provider("openai")["state"] as? String == "available")
        #expect(try scenario.generate(Scenario.gpt).code == "no_model_available")
        #expect(openai.calls.count == 5)
        // The list works, but is no evidence about the model.
        _ = try scenario.probe("openai")
        #expect(try scenario.state(Scenario.gpt) == "unavailable")
    }

    @Test("a deep probe that is answered closes it")
    func deepProbe() throws {
        let openai = try ScriptedProvider.openAI()
        let scenario = try Self.broken(openai)
        openai.answer(Scenario.chat, with: ScriptedProvider.whole)
        _ = try scenario.ask("probe", #""model":"\#(Scenario.gpt)","deep":true"#)
        #expect(try scenario.state(Scenario.gpt) == "available")
        #expect(try scenario.generate(Scenario.gpt).event == "result")
    }

    @Test("after its reported pause the breaker admits one trial, whose answer closes it")
    func trial() throws {
        let openai = try ScriptedProvider.openAI()
        let scenario = try Self.broken(openai)
        let watcher = try Watcher(scenario.daemon)
        let gate = Gate()
        openai.answer(Scenario.chat, with: ScriptedProvider.whole.with { $0.body.insert(.wait(gate), at: 0) })
        #expect(try watcher.change(of: Scenario.gpt, to: "degraded")["reason"] as? String == "expired")
        let trial = scenario.send("generate", Scenario.fields(Scenario.gpt))
        try openai.blockForCalls(6)
        // During the trial no other request is admitted.
        let other = try Client(scenario.daemon.socketPath)
        let refused = try other.ask(#"{"id":1,"op":"generate",\#(Scenario.fields(Scenario.gpt))}"#)
        #expect(refused.story == ["openai/gpt-4o skipped unavailable"])
        gate.open()
        #expect(try scenario.client.frames(trial).last?.story == ["openai/gpt-4o ok"])
        try watcher.change(of: Scenario.gpt, to: "available")
        #expect(openai.calls.count == 6)
    }

    @Test("a model that is not in the list has a breaker as well")
    func unlisted() throws {
        let openai = try ScriptedProvider.openAI()
        openai.list(["gpt-4o-mini"])
        let scenario = try Scenario(["openai": openai])
        openai.answer(Scenario.chat, with: Failures.internalError)
        for _ in 0..<2 { _ = try scenario.generate("openai/not-listed") }
        #expect(try scenario.generate("openai/not-listed").story == ["openai/not-listed skipped unavailable"])
        #expect(openai.calls.count == 5)
    }
}
