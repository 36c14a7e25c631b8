import Testing
import UltraAPI

@testable import UltraProviders

/// The body of a Chat Completions request, byte for byte, and the warnings for members left out of it.
struct ChatRequestTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        var model = "gpt-4o"
        var dialect = Dialect.openAI
        var isStream = false
        var messages = [Message(.user, [.text("Hi")])]
        let change: @Sendable (inout Request) -> Void
        /// The part of the body after `"model":…,`.
        let body: String
        var warnings: [String] = []

        var testDescription: String { rule }
    }

    static let hi = #""messages":[{"role":"user","content":"Hi"}]"#
    static let tool = Tool(
        name: "f", description: "d", parameters: RawJSON(validated: Array(#"{"type":"object"}"#.utf8)))
    static let toolJSON =
        #""tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}}]"#
    static let schema = RawJSON(validated: Array(#"{"type":"object"}"#.utf8))

    static let cases =
        messageCases + samplingCases + toolCases + reasoningCases + dialectCases + optionCases

    static let messageCases = [
        Case(rule: "a prompt is one message", change: { _ in }, body: hi),
        Case(
            rule: "a conversation keeps its roles",
            messages: [
                Message(.system, [.text("Be brief")]), Message(.user, [.text("a")]), Message(.assistant, [.text("b")]),
                Message(.user, [.text("c")]),
            ], change: { _ in },
            body: #""messages":[{"role":"system","content":"Be brief"},{"role":"user","content":"a"},"#
                + #"{"role":"assistant","content":"b"},{"role":"user","content":"c"}]"#),
        Case(
            rule: "calls and results go back; empty arguments become an object, empty content is left out",
            messages: [
                Message(
                    .assistant, [],
                    toolCalls: [
                        ToolCall(id: "1", name: "f", arguments: #"{"x":1}"#),
                        ToolCall(id: "2", name: "g", arguments: ""),
                    ]),
                Message(.tool, [.text("one")], toolCallID: "1"), Message(.tool, [.text("two")], toolCallID: "2"),
            ], change: { _ in },
            body: #""messages":[{"role":"assistant","tool_calls":["#
                + #"{"id":"1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},"#
                + #"{"id":"2","type":"function","function":{"name":"g","arguments":"{}"}}]},"#
                + #"{"role":"tool","content":"one","tool_call_id":"1"},{"role":"tool","content":"two","tool_call_id":"2"}]"#
        ),
        Case(
            rule: "images go by URL and by data URL",
            messages: [
                Message(
                    .user,
                    [
                        .text("What?"), .imageURL("https://e.com/a.png"),
                        .imageData(mediaType: "image/png", base64: "AAAA"),
                    ])
            ], change: { _ in },
            body: #""messages":[{"role":"user","content":[{"type":"text","text":"What?"},"#
                + #"{"type":"image_url","image_url":{"url":"https://e.com/a.png"}},"#
                + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]"#),
        Case(
            rule: "a PDF goes as a file, under a name that says what it is",
            messages: [
                Message(
                    .user,
                    [
                        .text("Sum up"), .document(Document(.data(mediaType: "application/pdf", base64: "AAAA"))),
                        .document(Document(.data(mediaType: "application/pdf", base64: "BBBB"), name: "b.pdf")),
                    ])
            ], change: { _ in },
            body: #""messages":[{"role":"user","content":[{"type":"text","text":"Sum up"},"#
                + #"{"type":"file","file":{"filename":"document.pdf","file_data":"data:application/pdf;base64,AAAA"}},"#
                + #"{"type":"file","file":{"filename":"b.pdf","file_data":"data:application/pdf;base64,BBBB"}}]}]"#),
        Case(
            rule: "reasoning of earlier turns is dropped",
            messages: [Message(.assistant, [.reasoning(text: "hm", signature: "s"), .text("b")])], change: { _ in },
            body: #""messages":[{"role":"assistant","content":"b"}]"#),
        Case(
            rule: "a message of nothing is an empty string", messages: [Message(.assistant, [])], change: { _ in },
            body: #""messages":[{"role":"assistant","content":""}]"#),
    ]

    static let samplingCases = [
        Case(
            rule: "every sampling parameter has its name",
            change: { request in
                request.sampling.maxTokens = 9
                request.sampling.temperature = 0.5
                request.sampling.topP = 0.9
                request.sampling.stop = ["x", "y"]
                request.sampling.seed = -3
                request.sampling.frequencyPenalty = 1
                request.sampling.presencePenalty = -0.25
            },
            body: hi + #","max_completion_tokens":9,"temperature":0.5,"top_p":0.9,"stop":["x","y"],"seed":-3,"#
                + #""frequency_penalty":1.0,"presence_penalty":-0.25"#),
        Case(
            rule: "top_k is left out", change: { $0.sampling.topK = 3 }, body: hi,
            warnings: ["openai/gpt-4o does not take top_k: it was left out"]),
        Case(
            rule: "a fifth stop sequence is left out", change: { $0.sampling.stop = ["1", "2", "3", "4", "5"] },
            body: hi + #","stop":["1","2","3","4"]"#,
            warnings: ["openai/gpt-4o takes 4 stop sequences at most: the others were left out"]),
        Case(
            rule: "JSON mode", change: { $0.responseFormat = .json },
            body: hi + #","response_format":{"type":"json_object"}"#),
        Case(
            rule: "a schema goes as it came",
            change: { $0.responseFormat = .schema(name: "n", schema: schema, strict: true) },
            body: hi + #","response_format":{"type":"json_schema","json_schema":"#
                + #"{"name":"n","schema":{"type":"object"},"strict":true}}"#),
        Case(
            rule: "a stream asks for its usage and for no padding", isStream: true, change: { _ in },
            body: hi + #","stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}"#),
    ]

    static let toolCases = [
        Case(
            rule: "tools, choice and parallelism",
            change: { request in
                request.tools = [tool, Tool(name: "g")]
                request.toolChoice = .named("f")
                request.parallelToolCalls = false
            },
            body: hi + "," + toolJSON.dropLast() + #",{"type":"function","function":{"name":"g"}}],"#
                + #""tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false"#),
        Case(
            rule: "choice required",
            change: { request in
                request.tools = [tool]
                request.toolChoice = .required
            }, body: hi + "," + toolJSON + #","tool_choice":"required""#),
        Case(
            rule: "without tools there is no choice",
            change: { request in
                request.toolChoice = .auto
                request.parallelToolCalls = true
            }, body: hi),
    ]

    static let reasoningCases = [
        Case(
            rule: "a model that does not reason is not asked to",
            change: { $0.reasoning = Reasoning(effort: .low) }, body: hi,
            warnings: ["openai/gpt-4o does not take reasoning: it was left out"]),
        Case(
            rule: "gpt-5 takes an effort and refuses sampling", model: "gpt-5-mini-2025-08-07",
            change: { request in
                request.reasoning = Reasoning(effort: .minimal)
                request.sampling.temperature = 0.2
                request.sampling.topP = 0.1
                request.sampling.stop = ["x"]
                request.sampling.presencePenalty = 1
                request.sampling.maxTokens = 9
            }, body: hi + #","max_completion_tokens":9,"reasoning_effort":"minimal""#,
            warnings: [
                "openai/gpt-5-mini-2025-08-07 does not take temperature: it was left out",
                "openai/gpt-5-mini-2025-08-07 does not take top_p: it was left out",
                "openai/gpt-5-mini-2025-08-07 does not take stop: it was left out",
                "openai/gpt-5-mini-2025-08-07 does not take presence_penalty: it was left out",
            ]),
        Case(
            rule: "the default temperature is left out in silence", model: "o3",
            change: { $0.sampling.temperature = 1 }, body: hi),
        Case(
            rule: "o-series has no minimal effort", model: "o4-mini",
            change: { $0.reasoning = Reasoning(effort: .minimal) }, body: hi + #","reasoning_effort":"low""#),
        Case(
            rule: "o1 still takes stop sequences", model: "o1-2024-12-17", change: { $0.sampling.stop = ["x"] },
            body: hi + #","stop":["x"]"#),
        Case(
            rule: "gpt-5.2 without an effort does not reason, and so takes a temperature", model: "gpt-5.2",
            change: { $0.sampling.temperature = 0.2 }, body: hi + #","temperature":0.2"#),
        Case(
            rule: "gpt-5.2 with an effort takes none", model: "gpt-5.2",
            change: { request in
                request.sampling.temperature = 0.2
                request.reasoning = Reasoning(effort: .high)
            }, body: hi + #","reasoning_effort":"high""#,
            warnings: ["openai/gpt-5.2 does not take temperature: it was left out"]),
        Case(
            rule: "gpt-5-chat is no reasoning model", model: "gpt-5-chat-latest",
            change: { $0.sampling.temperature = 0.2 }, body: hi + #","temperature":0.2"#),
        Case(
            rule: "gpt-5.4 takes tools only without reasoning", model: "gpt-5.4",
            change: { request in
                request.tools = [tool]
                request.reasoning = Reasoning(effort: .low)
            }, body: hi + "," + toolJSON,
            warnings: ["openai/gpt-5.4 does not take reasoning: it was left out"]),
        Case(
            rule: "gpt-5.5 must be told not to reason before it takes tools", model: "gpt-5.5",
            change: { $0.tools = [tool] }, body: hi + "," + toolJSON + #","reasoning_effort":"none""#),
        Case(
            rule: "a fine-tuned model follows its base", model: "ft:gpt-4o-mini:org::id",
            change: { request in
                request.sampling.temperature = 0.2
                request.reasoning = Reasoning(effort: .low)
            }, body: hi + #","temperature":0.2"#,
            warnings: ["openai/ft:gpt-4o-mini:org::id does not take reasoning: it was left out"]),
        Case(
            rule: "a budget has no place", model: "gpt-5",
            change: { $0.reasoning = Reasoning(budgetTokens: 1024) }, body: hi,
            warnings: ["openai/gpt-5 takes a reasoning effort instead of budget_tokens: it was left out"]),
        Case(
            rule: "a search model takes hardly anything", model: "gpt-4o-search-preview",
            change: { request in
                request.sampling.temperature = 0.2
                request.sampling.maxTokens = 5
            }, body: hi + #","max_completion_tokens":5"#,
            warnings: ["openai/gpt-4o-search-preview does not take temperature: it was left out"]),
    ]

    static let optionCases = [
        Case(
            rule: "provider options are merged and take the place of ours",
            change: { request in
                request.sampling.temperature = 0.5
                request.sampling.seed = 1
                request.providerOptions["openai"] = RawJSON(
                    validated: Array(#"{"temperature": 0.7, "store":false,"metadata":{"a":"b"}}"#.utf8))
            }, body: hi + #","seed":1,"temperature":0.7,"store":false,"metadata":{"a":"b"}"#),
        Case(
            rule: "options of other providers stay out",
            change: { $0.providerOptions["mistral"] = RawJSON(validated: Array(#"{"safe_prompt":true}"#.utf8)) },
            body: hi),
    ]

    @Test("a request has this body", arguments: cases)
    func body(example: Case) throws {
        var request = Request(messages: example.messages)
        example.change(&request)
        let encoded = try OpenAIAdapter.testing(dialect: example.dialect)
            .encode(request, model: example.model, isStream: example.isStream)
        let body = String(decoding: encoded.http.body, as: UTF8.self)
        #expect(body == #"{"model":"\#(example.model)",\#(example.body)}"#)
        #expect(encoded.warnings == example.warnings)
    }

    @Test("the key is in a header and nowhere else")
    func key() throws {
        let request = Request(messages: [Message(.user, [.text("Hi")])])
        let adapter = OpenAIAdapter(
            endpoint: .testing, key: Secret("sk-test"), organization: "org-1", dialect: .openAI)
        let http = try adapter.encode(request, model: "gpt-4o", isStream: true).http
        #expect(http.method == .post)
        #expect(http.url == "https://api.example.com/v1/chat/completions")
        #expect(
            http.headers == [
                HTTPHeader("Authorization", "Bearer sk-test"), HTTPHeader("OpenAI-Organization", "org-1"),
                HTTPHeader("Content-Type", "application/json"), HTTPHeader("Accept", "text/event-stream"),
            ])
        #expect(adapter.listRequest(page: nil).headers.first == HTTPHeader("Authorization", "Bearer sk-test"))
    }

    @Test("without a key there is no authorization header")
    func noKey() throws {
        let http = try OpenAIAdapter.testing()
            .encode(Request(messages: [Message(.user, [.text("Hi")])]), model: "m", isStream: false).http
        #expect(!http.headers.contains { $0.name == "Authorization" })
    }

    @Test("Azure takes the key in its own header, and the API version in every URL")
    func azure() throws {
        let endpoint = try Endpoint(
            "https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21", versionPath: "/openai/v1")
        let adapter = OpenAIAdapter(
            provider: "azure", endpoint: endpoint, key: Secret("k"), dialect: .of(endpoint.host))
        let http = try adapter.encode(
            Request(messages: [Message(.user, [.text("Hi")])]), model: "d", isStream: false
        ).http
        #expect(
            http.url
                == "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21")
        #expect(http.headers.first == HTTPHeader("api-key", "k"))
    }

    @Test(
        "a model of the Responses API alone is refused before anything is sent",
        arguments: ["o1-pro", "gpt-5-pro-2025-10-06", "gpt-5.2-codex", "o3-deep-research", "computer-use-preview"])
    func responsesOnly(model: String) {
        let error = #expect(throws: UltraError.self) {
            try OpenAIAdapter.testing().encode(
                Request(messages: [Message(.user, [.text("Hi")])]), model: model, isStream: false)
        }
        #expect(error?.code == .capabilityMissing)
    }

    @Test("provider options that are no object are an error of the client")
    func options() {
        var request = Request(messages: [Message(.user, [.text("Hi")])])
        request.providerOptions["openai"] = RawJSON(validated: Array("[1]".utf8))
        let error = #expect(throws: UltraError.self) {
            try OpenAIAdapter.testing().encode(request, model: "m", isStream: false)
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.field == "provider_options.openai")
    }
}
