import Testing
import UltraAPI

@testable import UltraProviders

extension ResponsesRequestTests {
    static let reasoningCases = [
        Case(rule: "a model that reasons gives it back encrypted", model: "gpt-5", body: hi + end + include),
        Case(
            rule: "an effort, and a summary", model: "gpt-5", change: { $0.reasoning = Reasoning(effort: .minimal) },
            body: hi + #","reasoning":{"effort":"minimal","summary":"auto"}"# + end + include),
        Case(
            rule: "a summary alone", model: "gpt-5", change: { $0.reasoning = Reasoning() },
            body: hi + #","reasoning":{"summary":"auto"}"# + end + include),
        Case(
            rule: "reasoning that is not wanted is not asked for", model: "gpt-5",
            change: { $0.reasoning = Reasoning(effort: .low, isIncluded: false) },
            body: hi + #","reasoning":{"effort":"low"}"# + end),
        Case(
            rule: "a budget has no place", model: "gpt-5",
            change: { $0.reasoning = Reasoning(budgetTokens: 1024, isIncluded: false) }, body: hi + end,
            warnings: ["openai/gpt-5 takes a reasoning effort instead of budget_tokens: it was left out"]),
        Case(
            rule: "a model that does not reason is not asked to", change: { $0.reasoning = Reasoning(effort: .low) },
            body: hi + end, warnings: ["openai/gpt-4o does not take reasoning: it was left out"]),
        Case(
            rule: "gpt-5.5 takes tools and an effort, and no temperature", model: "gpt-5.5",
            change: { request in
                request.tools = [Tool(name: "g")]
                request.reasoning = Reasoning(effort: .high)
                request.sampling.temperature = 0.2
                request.sampling.topP = 1
            },
            body: hi + #","tools":[{"type":"function","name":"g","parameters":{"type":"object","properties":{}},"#
                + #""strict":false}],"reasoning":{"effort":"high","summary":"auto"}"# + end + include,
            warnings: ["openai/gpt-5.5 does not take temperature: it was left out"]),
        Case(
            rule: "gpt-5.4 that does not reason takes a temperature", model: "gpt-5.4",
            change: { $0.sampling.temperature = 0.2 }, body: hi + #","temperature":0.2"# + end + include),
        Case(
            rule: "the first pro has one effort", model: "gpt-5-pro-2025-10-06",
            change: { $0.reasoning = Reasoning(effort: .low, isIncluded: false) },
            body: hi + #","reasoning":{"effort":"high"}"# + end),
        Case(
            rule: "later ones have more", model: "gpt-5.4-pro",
            change: { $0.reasoning = Reasoning(effort: .low, isIncluded: false) },
            body: hi + #","reasoning":{"effort":"medium"}"# + end),
        Case(
            rule: "a codex model always reasons", model: "gpt-5.1-codex-max",
            change: { request in
                request.reasoning = Reasoning(effort: .minimal, isIncluded: false)
                request.sampling.temperature = 0.2
            }, body: hi + #","reasoning":{"effort":"low"}"# + end,
            warnings: ["openai/gpt-5.1-codex-max does not take temperature: it was left out"]),
        Case(
            rule: "o1-pro is of the o-series", model: "o1-pro",
            change: { request in
                request.reasoning = Reasoning(effort: .minimal, isIncluded: false)
                request.sampling.topP = 0.2
            }, body: hi + #","reasoning":{"effort":"low"}"# + end,
            warnings: ["openai/o1-pro does not take top_p: it was left out"]),
        Case(
            rule: "research has one pace", model: "o3-deep-research",
            change: { $0.reasoning = Reasoning(effort: .high, isIncluded: false) },
            body: hi + #","reasoning":{"effort":"medium"}"# + end),
        Case(
            rule: "computer-use-preview takes no effort", model: "computer-use-preview",
            change: { $0.reasoning = Reasoning(effort: .high) }, body: hi + end,
            warnings: ["openai/computer-use-preview does not take reasoning: it was left out"]),
    ]

    static let dialectCases = [
        Case(
            rule: "a server nobody knows gets the plainest request", model: "m", dialect: .of("llm.example.com"),
            isStream: true, messages: [Message(.user, [.text("a"), .text("b")])],
            change: { request in
                request.sampling.maxTokens = 9
                request.reasoning = Reasoning(effort: .low)
            },
            body: #""input":[{"role":"user","content":"a\nb"}],"max_output_tokens":9,"reasoning":{"effort":"low"},"#
                + #""store":false,"stream":true"#),
        Case(rule: "Groq keeps nothing and refuses to be told", model: "m", dialect: .of("api.groq.com"), body: hi),
        Case(
            rule: "xAI encrypts too", model: "grok-3-mini", dialect: .of("api.x.ai"),
            change: { $0.reasoning = Reasoning(effort: .low) },
            body: hi + #","reasoning":{"effort":"low","summary":"auto"},"store":false"# + include),
        Case(
            rule: "JSON mode is a schema where LM Studio may listen", model: "m", dialect: .of("localhost"),
            change: { $0.responseFormat = .json },
            body: hi + #","text":{"format":{"type":"json_schema","name":"object","schema":{"type":"object"}}},"#
                + #""store":false"#),
    ]

    @Test("a request has this body", arguments: cases)
    func body(example: Case) throws {
        var request = Request(messages: example.messages)
        example.change(&request)
        let encoded = try ResponsesAdapter(.testing(dialect: example.dialect))
            .encode(request, model: example.model, isStream: example.isStream)
        let body = String(decoding: encoded.http.body, as: UTF8.self)
        #expect(body == #"{"model":"\#(example.model)",\#(example.body)}"#)
        #expect(encoded.warnings == example.warnings)
    }

    @Test("the key goes into a header and nowhere else")
    func key() throws {
        let adapter = ResponsesAdapter(
            OpenAIAdapter(endpoint: .testing, key: Secret("sk-test"), organization: "org-1", dialect: .openAI))
        let http = try adapter.encode(
            Request(messages: [Message(.user, [.text("Hi")])]), model: "gpt-4o", isStream: true
        ).http
        #expect(http.method == .post)
        #expect(http.url == "https://api.example.com/v1/responses")
        #expect(
            http.headers == [
                HTTPHeader("Authorization", "Bearer sk-test"), HTTPHeader("OpenAI-Organization", "org-1"),
                HTTPHeader("Content-Type", "application/json"), HTTPHeader("Accept", "text/event-stream"),
            ])
    }

    @Test(
        "attachments other servers may not take are refused",
        arguments: [
            (Message.Role.tool, Part.imageURL("https://e.com/a.png")),
            (.user, .document(Document(.data(mediaType: "application/pdf", base64: "AAAA")))),
        ])
    func refusal(role: Message.Role, part: Part) {
        let error = #expect(throws: UltraError.self) {
            try ResponsesAdapter(.testing(dialect: .of("llm.example.com")))
                .encode(Request(messages: [Message(role, [part], toolCallID: "1")]), model: "m", isStream: false)
        }
        #expect(error?.code == .capabilityMissing)
    }

    @Test("a signature comes back byte for byte", arguments: ["gAAA_-==", "a\"b\\c\u{1}é"])
    func signature(content: String) {
        let item = ReasoningItem(id: "rs_1", encryptedContent: content)
        #expect(ReasoningItem(signature: item.signature) == item)
    }
}
