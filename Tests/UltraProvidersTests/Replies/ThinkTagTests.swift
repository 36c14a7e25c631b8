import Testing
import UltraAPI

@testable import UltraProviders

/// `<think>…</think>` before the answer, from servers without a field for reasoning.
struct ThinkTagTests {
    struct Case: CustomTestStringConvertible {
        let text: String
        var reasoning = ""
        var answer = ""

        var testDescription: String { text }
    }

    static let cases = [
        Case(text: "<think>\nOne <b> two</thin</think>\n\nHi", reasoning: "One <b> two</thin", answer: "Hi"),
        Case(text: "\n <think>One</think>Hi </think>", reasoning: "One", answer: "Hi </think>"),
        Case(text: "<think>\n\n</think>\n\nHi", answer: "Hi"),
        Case(text: "<think>One", reasoning: "One"),
        Case(text: "<think>One</thi", reasoning: "One</thi"),
        Case(text: "Hi <think>One</think>", answer: "Hi <think>One</think>"),
        Case(text: "<thinking>One", answer: "<thinking>One"),
        Case(text: "<thi", answer: "<thi"),
        Case(text: " \n", answer: " \n"),
        Case(text: "\nHi", answer: "\nHi"),
        Case(text: "<think>é</think>ü", reasoning: "é", answer: "ü"),
        Case(text: "", answer: ""),
    ]

    @Test("text inside the tag is reasoning, wherever the pieces end", arguments: cases, [1, 2, 3, 5, 100])
    func split(example: Case, size: Int) {
        var thoughts = ThinkTag()
        var reasoning = ""
        var answer = ""
        var rest = Substring(example.text)
        while !rest.isEmpty {
            let found = thoughts.receive(String(rest.prefix(size)))
            reasoning += found.reasoning
            answer += found.text
            rest = rest.dropFirst(size)
        }
        let last = thoughts.finish()
        #expect(reasoning + last.reasoning == example.reasoning)
        #expect(answer + last.text == example.answer)
    }

    private static let body = """
        data: {"model":"m","choices":[{"index":0,"delta":{"content":"<think>On"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"e</think>\\nHi"},"finish_reason":"stop"}]}

        data: [DONE]


        """

    @Test(
        "think tags are read in replies of the servers that send them",
        arguments: [("localhost", true), ("llm.example.com", true), ("api.openai.com", false)])
    func dialects(host: String, isReasoning: Bool) {
        let outcome = Outcome(
            OpenAIAdapter.testing(dialect: .of(host)), isStream: true,
            head: HTTPHead(status: 200, headers: [HTTPHeader("content-type", "text/event-stream")]),
            body: Array(Self.body.utf8)[...])
        #expect(outcome.error == nil)
        #expect(
            outcome.joined
                == (isReasoning
                    ? [.providerModel("m"), .reasoning("One"), .text("Hi"), .finish(.stop)]
                    : [.providerModel("m"), .text("<think>One</think>\nHi"), .finish(.stop)]))
    }

    @Test("a tag that never came is text before a call is made")
    func call() {
        var state = ReplyState(replyID: 0, includesReasoning: true)
        state.textWithThinkTag("<")
        state.toolCall(key: 0, id: "1", name: "f", arguments: "{}")
        state.conclude()
        #expect(state.events.first == .text("<"))
    }
}
