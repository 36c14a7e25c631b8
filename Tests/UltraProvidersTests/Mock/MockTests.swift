import Testing
import UltraAPI

@testable import UltraProviders

struct MockTests {
    private func play(
        _ text: String, model: String = "echo", maxTokens: Int? = nil, options: String? = nil
    ) throws -> (steps: [MockPlan.Step], failure: UltraError?) {
        var request = Request(messages: [Message(.user, [.text("earlier")]), Message(.user, [.text(text)])])
        request.sampling.maxTokens = maxTokens
        request.providerOptions["mock"] = options.map { RawJSON(validated: Array($0.utf8)) }
        var plan = try Mock().plan(request, model: model)
        var steps: [MockPlan.Step] = []
        while let step = plan.next() { steps.append(step) }
        return (steps, plan.failure)
    }

    private func text(_ steps: [MockPlan.Step]) -> [String] {
        steps.flatMap(\.events).compactMap { if case .text(let text) = $0 { text } else { nil } }
    }

    @Test(
        "echo repeats the last user text, word by word, byte for byte",
        arguments: [
            ("Hello", ["Hello"]), ("Hello there  you", ["Hello", " there", "  you"]),
            (" a\n\tb\n", [" a", "\n\tb\n"]), ("日本 語", ["日本", " 語"]), ("", []), ("  ", ["  "]),
        ])
    func echo(said: String, words: [String]) throws {
        let steps = try play(said).steps
        #expect(text(steps) == words)
        #expect(steps.first?.events.first == .providerModel("mock-echo"))
        #expect(steps.last?.events.last == .finish(.stop))
    }

    @Test("words count as tokens")
    func usage() throws {
        let events = try play("a b c").steps.flatMap(\.events)
        #expect(
            events.contains(
                .usage(
                    Usage(inputTokens: 4, outputTokens: 3, cachedInputTokens: 0, reasoningTokens: 0, source: .measured))
            ))
    }

    @Test("max_tokens ends the answer", arguments: [("echo", 2), ("lorem", 2), ("lorem", 200)])
    func limit(model: String, maxTokens: Int) throws {
        let steps = try play("a b c", model: model, maxTokens: maxTokens).steps
        #expect(text(steps).count == maxTokens)
        #expect(steps.last?.events.last == .finish(.length))
    }

    @Test("lorem says 64 words of a fixed text, always the same")
    func lorem() throws {
        let steps = try play("x", model: "lorem").steps
        #expect(text(steps).count == 64)
        #expect(text(steps).joined().hasPrefix("Lorem ipsum dolor sit amet,"))
        #expect(try play("y", model: "lorem").steps == steps)
    }

    @Test("delays are those asked for")
    func delays() throws {
        let steps = try play("a b c", options: #"{"delay_ms":5,"first_token_ms":100}"#).steps
        #expect(steps.map(\.delayMilliseconds) == [100, 5, 5, 0])
    }

    @Test("every error code can be rehearsed before the first word", arguments: ErrorCode.allCases)
    func errors(code: ErrorCode) throws {
        let played = try play("a b", options: #"{"error":"\#(code.rawValue)"}"#)
        #expect(played.steps.isEmpty)
        #expect(played.failure?.code == code)
    }

    @Test("a stream can break after some words, by itself or with an error")
    func truncation() throws {
        let broken = try play("a b c", options: #"{"truncate_after":2}"#)
        #expect(text(broken.steps) == ["a", " b"])
        #expect(broken.failure?.code == .streamTruncated)
        #expect(broken.failure?.partialTextBytes == 3)
        let failed = try play("a b c", options: #"{"truncate_after":1,"error":"overloaded"}"#)
        #expect(text(failed.steps) == ["a"])
        #expect(failed.failure?.code == .overloaded)
        #expect(try play("a b c", options: #"{"truncate_after":3}"#).failure == nil)
    }

    @Test(
        "bad options are an error of the client",
        arguments: [
            (#"{"delay_ms":-1}"#, "provider_options.mock.delay_ms"),
            (#"{"first_token_ms":700000}"#, "provider_options.mock.first_token_ms"),
            (#"{"error":"no_such_code"}"#, "provider_options.mock.error"),
            (#"{"truncate_after":"x"}"#, "provider_options.mock.truncate_after"),
            (#"[]"#, "provider_options.mock"),
        ])
    func badOptions(options: String, field: String) {
        let error = #expect(throws: UltraError.self) { try play("a", options: options) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.field == field)
    }
}
