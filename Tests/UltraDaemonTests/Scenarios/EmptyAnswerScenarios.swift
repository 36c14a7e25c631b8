import Foundation
import ScriptedProvider
import Testing

/// Answers that end well without content: something failed at the provider, or the model has nothing to say.
@Suite("Scenarios: empty answers")
struct EmptyAnswerScenarios {
    private static let once = "[retry]\nper_candidate = 0\n"

    private static func document(
        _ message: String = #""content":"""#, finish: String = "stop", output: String? = "0"
    ) -> Script {
        let usage = output.map { #","usage":{"prompt_tokens":7,"completion_tokens":\#($0)}"# } ?? ""
        return .json(
            #"{"model":"gpt-4o","choices":[{"index":0,"message":{\#(message)},"finish_reason":"\#(finish)"}]\#(usage)}"#
        )
    }

    private static func stream(_ delta: String = "", finish: String = "stop", output: String = "0") -> Script {
        .events([
            #"{"choices":[{"index":0,"delta":{"role":"assistant","content":"\#(delta)"},"finish_reason":null}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"\#(finish)"}]}"#,
            #"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":\#(output)}}"#,
        ])
    }

    @Test(
        "the same model is asked once more, then the next one, unseen",
        arguments: ["generate", "stream"], [document(), document(output: nil), stream()])
    func movesOn(op: String, empty: Script) throws {
        let openai = try ScriptedProvider.openAI(empty, ScriptedProvider.whole)
        let scenario = try Scenario(["openai": openai])
        let frames = try scenario.frames(op, Scenario.fields(Scenario.gpt))
        #expect(frames.map(\.event) == (op == "stream" ? ["start", "delta", "done"] : ["result"]))
        #expect(frames.compactMap(\.text).joined() == "hello there")
        #expect(frames.last?.story == ["openai/gpt-4o error upstream_protocol", "openai/gpt-4o ok"])
        #expect(frames.last?["warnings"] as? [String] == [])

        openai.answer(Scenario.chat, with: empty)
        let mistral = try ScriptedProvider.mistral()
        let both = try Scenario(["openai": openai, "mistral": mistral], file: Self.once)
        let last = try both.ask(op, Scenario.fields(Scenario.gpt, #""fallback":["\#(Scenario.codestral)"]"#))
        #expect(last.story == ["openai/gpt-4o error upstream_protocol", "mistral/codestral-2508 ok"])
    }

    @Test("if no candidate has content, the answer is empty, with a warning", arguments: ["generate", "stream"])
    func allEmpty(op: String) throws {
        let openai = try ScriptedProvider.openAI(Self.document())
        let mistral = try ScriptedProvider.mistral(Self.document())
        let scenario = try Scenario(["openai": openai, "mistral": mistral], file: Self.once)
        let frames = try scenario.frames(
            op, Scenario.fields(Scenario.gpt, #""fallback":["\#(Scenario.codestral)"]"#))
        #expect(frames.map(\.event) == (op == "stream" ? ["start", "done"] : ["result"]))
        let last = try #require(frames.last)
        #expect(last["finish_reason"] as? String == "stop")
        #expect(last["model"] as? String == Scenario.codestral)
        let warnings = last["warnings"] as? [String] ?? []
        #expect(warnings.count == 1 && warnings[0].hasPrefix("empty_answer: "))
        #expect(
            last.story == [
                "openai/gpt-4o error upstream_protocol", "mistral/codestral-2508 error upstream_protocol",
            ])
        if op == "generate" {
            #expect(last.text == "")
            #expect((last["parts"] as? [Any])?.isEmpty == true)
        }
        // Each attempt's input counts once.
        let today = try scenario.ask("status", "")["today"] as? [String: Any] ?? [:]
        #expect(today["requests"] as? Int == 1)
        #expect(today["input_tokens"] as? Int == 14)
    }

    @Test("an empty answer is delivered where the attempts after it fail", arguments: ["generate", "stream"])
    func thenFailure(op: String) throws {
        let openai = try ScriptedProvider.openAI(Self.document())
        let mistral = try ScriptedProvider.mistral(.json("{}", status: 500))
        let scenario = try Scenario(["openai": openai, "mistral": mistral], file: Self.once)
        let last = try scenario.ask(op, Scenario.fields(Scenario.gpt, #""fallback":["\#(Scenario.codestral)"]"#))
        #expect(last["model"] as? String == Scenario.gpt)
        #expect(last.story.count == 2)
        #expect((last["warnings"] as? [String])?.first?.hasPrefix("empty_answer: ") == true)
        let today = try scenario.ask("status", "")["today"] as? [String: Any] ?? [:]
        #expect(today["input_tokens"] as? Int == 7)
    }

    @Test("a model with empty answers stays available, however many there are")
    func blameless() throws {
        let openai = try ScriptedProvider.openAI(Self.document())
        let scenario = try Scenario(["openai": openai], file: Self.once)
        for _ in 0..<20 {
            #expect(try scenario.generate(Scenario.gpt).event == "result")
        }
        #expect(openai.calls.count == 20)
        #expect(try scenario.state(Scenario.gpt) == "available")
        openai.answer(Scenario.chat, with: ScriptedProvider.whole)
        #expect(try scenario.generate(Scenario.gpt).text == "hello there")
    }

    @Test(
        "a reply with counted tokens, another end or any content is an answer",
        arguments: [
            document(output: "3"), document(finish: "length"), document(finish: "content_filter"),
            document(#""content":"","reasoning_content":"hm""#), stream(finish: "length"), stream(output: "1"),
        ], ["generate", "stream"])
    func answers(script: Script, op: String) throws {
        let openai = try ScriptedProvider.openAI(script)
        let last = try Scenario(["openai": openai]).ask(op, Scenario.fields(Scenario.gpt))
        #expect(last.story == ["openai/gpt-4o ok"])
        #expect(last["warnings"] as? [String] == [])
        #expect(openai.calls.count == 1)
    }

    @Test("the cache does not keep nothing", arguments: ["generate", "stream"])
    func notKept(op: String) throws {
        let openai = try ScriptedProvider.openAI(Self.document(), Self.document(), ScriptedProvider.whole)
        let scenario = try Scenario(["openai": openai], file: Self.once + "[cache]\nenabled = true\n")
        let told = try (0..<3).map { _ in try scenario.ask(op, Scenario.fields(Scenario.gpt))["cache"] as? String }
        #expect(told == ["miss", "miss", "miss"])
        #expect(openai.calls.count == 3)
    }
}
