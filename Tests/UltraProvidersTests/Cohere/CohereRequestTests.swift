import Testing
import UltraAPI

@testable import UltraProviders

/// The body of a request to Cohere, byte for byte, and the warnings for members left out of it.
struct CohereRequestTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        var model = "command-a-03-2025"
        var isStream = false
        var messages = [Message(.user, [.text("Hi")])]
        var change: @Sendable (inout Request) -> Void = { _ in }
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
    static let a = "cohere/command-a-03-2025"
    static let call = ToolCall(id: "a", name: "f", arguments: "")
    static let text = Document(.data(mediaType: "text/plain", base64: "w6Q="), name: "a.txt")

    static let cases = messageCases + samplingCases + toolCases + reasoningCases

    static let messageCases = [
        Case(rule: "a stream", isStream: true, body: hi + #","stream":true"#),
        Case(
            rule: "system messages are one, at the beginning",
            messages: [
                Message(.system, [.text("1")]), Message(.system, [.text(""), .text("2")]),
                Message(.user, [.text("a")]), Message(.system, [.text("3")]), Message(.user, [.text("b")]),
            ],
            body: #""messages":[{"role":"system","content":"1\n2\n3"},{"role":"user","content":"a"},"#
                + #"{"role":"user","content":"b"}]"#,
            warnings: ["\(a) does not take a system message in this position: it was moved to the beginning"]),
        Case(
            rule: "images go by URL and by data URL", model: "command-a-vision-07-2025",
            messages: [
                Message(
                    .user,
                    [
                        .text("What?"), .text(""), .cacheMarker(RawJSON(validated: Array("{}".utf8))),
                        .imageURL("https://e.com/a.png"), .imageData(mediaType: "image/png", base64: "AAAA"),
                    ])
            ],
            body: #""messages":[{"role":"user","content":[{"type":"text","text":"What?"},"#
                + #"{"type":"image_url","image_url":{"url":"https://e.com/a.png"}},"#
                + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]"#),
        Case(
            rule: "documents of text have a place of their own",
            messages: [
                Message(.user, [.text("a"), .document(text)]), Message(.assistant, [.text("b")]),
                Message(
                    .user,
                    [.text("c"), .document(Document(.data(mediaType: "application/json", base64: "e30=")))]),
            ],
            body: #""messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},"#
                + #"{"role":"user","content":"c"}],"documents":["#
                + #"{"id":"doc:0","data":{"title":"a.txt","text":"ä"}},{"id":"doc:1","data":{"text":"{}"}}]"#),
        Case(
            rule: "calls and results; a document of a result stays with it",
            messages: [
                Message(.assistant, [], toolCalls: [call]),
                Message(.tool, [.text("1"), .text("2")], toolCallID: "a"),
                Message(.assistant, [.text("b")], toolCalls: [call]),
                Message(.tool, [.text("3"), .document(text)], toolCallID: "a"),
            ],
            body: #""messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"function","#
                + #""function":{"name":"f","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"a","content":"1\n2"},"#
                + #"{"role":"assistant","content":"b","tool_calls":[{"id":"a_2","type":"function","#
                + #""function":{"name":"f","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"a_2","content":[{"type":"text","text":"3"},"#
                + #"{"type":"document","document":{"data":{"title":"a.txt","text":"ä"}}}]}]"#),
        Case(
            rule: "an assistant message of nothing is left out",
            messages: [
                Message(.assistant, [.text("")]), Message(.assistant, [.reasoning(text: "hm", signature: nil)]),
                Message(.user, [.text("Hi")]),
            ], body: hi),
    ]

    static let samplingCases = [
        Case(
            rule: "every sampling parameter has its name",
            change: { request in
                request.sampling.maxTokens = 9
                request.sampling.temperature = 0.5
                request.sampling.topP = 0.9
                request.sampling.topK = 3
                request.sampling.stop = ["x", "y"]
                request.sampling.seed = -3
                request.sampling.frequencyPenalty = 1
                request.sampling.presencePenalty = 0.25
            },
            body: hi + #","max_tokens":9,"temperature":0.5,"p":0.9,"k":3,"stop_sequences":["x","y"],"seed":3,"#
                + #""frequency_penalty":1.0,"presence_penalty":0.25"#),
        Case(
            rule: "what is beyond a bound is sent as the bound",
            change: { request in
                request.sampling.temperature = 1.5
                request.sampling.topP = 0
                request.sampling.topK = 501
                request.sampling.frequencyPenalty = 2
                request.sampling.presencePenalty = -1
            }, body: hi + #","temperature":1.0,"p":0.01,"k":500,"frequency_penalty":1.0"#,
            warnings: [
                "\(a) takes a temperature of 1.0 at most: that was sent",
                "\(a) takes a top_p of 0.01 at least: that was sent",
                "\(a) takes a top_k of 500 at most: that was sent",
                "\(a) takes a frequency_penalty of 1.0 at most: that was sent",
                "\(a) does not take a presence_penalty below 0: it was left out",
            ]),
        Case(
            rule: "a top_p of 1 is nearly taken", change: { $0.sampling.topP = 1 }, body: hi + #","p":0.99"#),
        Case(
            rule: "a sixth stop sequence is left out", change: { $0.sampling.stop = ["1", "2", "3", "4", "5", "6"] },
            body: hi + #","stop_sequences":["1","2","3","4","5"]"#,
            warnings: ["\(a) takes 5 stop sequences at most: the others were left out"]),
        Case(
            rule: "JSON mode", change: { $0.responseFormat = .json },
            body: hi + #","response_format":{"type":"json_object"}"#),
        Case(
            rule: "a schema has no wrapper; bounds are told in words",
            change: {
                $0.responseFormat = .schema(
                    name: "n",
                    schema: RawJSON(
                        validated: Array(
                            #"{"type":"object","required":["minimum"],"properties":{"minimum":{"type":"integer","minimum":1}}}"#
                                .utf8)), strict: true)
            },
            body: hi + #","response_format":{"type":"json_object","json_schema":{"type":"object","#
                + #""required":["minimum"],"properties":{"minimum":{"type":"integer","description":"(minimum: 1)"}}}}"#,
            warnings: ["\(a) does not check minimum in a schema: it was moved to a description"]),
        Case(
            rule: "provider options are merged and take the place of ours",
            change: { request in
                request.sampling.seed = 1
                request.providerOptions["cohere"] = RawJSON(
                    validated: Array(#"{"seed":2,"safety_mode":"OFF"}"#.utf8))
            }, body: hi + #","seed":2,"safety_mode":"OFF""#),
    ]

    static let toolCases = [
        Case(
            rule: "names are spelled as Cohere takes them, in tools and calls alike",
            messages: [
                Message(.assistant, [], toolCalls: [ToolCall(id: "a", name: "my-tool", arguments: "{}")]),
                Message(.tool, [.text("1")], toolCallID: "a"),
            ],
            change: { request in
                request.tools = [Tool(name: "my-tool"), Tool(name: "my_tool")]
            },
            body: #""messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"function","#
                + #""function":{"name":"my_tool_2","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"a","content":"1"}],"tools":["#
                + #"{"type":"function","function":{"name":"my_tool_2","parameters":{"type":"object","properties":{}}}},"#
                + #"{"type":"function","function":{"name":"my_tool","parameters":{"type":"object","properties":{}}}}]"#),
        Case(
            rule: "auto is the absence of a choice",
            change: { request in
                request.tools = [tool]
                request.toolChoice = .auto
                request.parallelToolCalls = false
            }, body: hi + "," + toolJSON),
        Case(
            rule: "required",
            change: { request in
                request.tools = [tool]
                request.toolChoice = .required
            }, body: hi + "," + toolJSON + #","tool_choice":"REQUIRED""#),
        Case(
            rule: "none",
            change: { request in
                request.tools = [tool]
                request.toolChoice = ToolChoice.none
            }, body: hi + "," + toolJSON + #","tool_choice":"NONE""#),
        Case(
            rule: "none of a model without choices is no tools", model: "command-r-08-2024",
            change: { request in
                request.tools = [tool]
                request.toolChoice = ToolChoice.none
                request.responseFormat = .json
            }, body: hi + #","response_format":{"type":"json_object"}"#),
        Case(
            rule: "a named tool is the only one",
            change: { request in
                request.tools = [Tool(name: "g"), tool]
                request.toolChoice = .named("f")
            }, body: hi + "," + toolJSON + #","tool_choice":"REQUIRED""#),
    ]

    static let reasoning = "command-a-reasoning-08-2025"

    static let reasoningCases =
        [
            Case(
                rule: "minimal effort is a small budget", model: reasoning,
                change: { $0.reasoning = Reasoning(effort: .minimal) },
                body: hi + #","thinking":{"type":"enabled","token_budget":512}"#),
            Case(
                rule: "low effort", model: reasoning, change: { $0.reasoning = Reasoning(effort: .low) },
                body: hi + #","thinking":{"type":"enabled","token_budget":2048}"#),
            Case(
                rule: "medium effort", model: "command-a-plus-05-2026",
                change: { $0.reasoning = Reasoning(effort: .medium) },
                body: hi + #","thinking":{"type":"enabled","token_budget":8192}"#),
            Case(
                rule: "high effort has no bound", model: reasoning, change: { $0.reasoning = Reasoning(effort: .high) },
                body: hi + #","thinking":{"type":"enabled"}"#),
            Case(
                rule: "a budget is more exact than an effort", model: reasoning,
                change: { $0.reasoning = Reasoning(effort: .low, budgetTokens: 100) },
                body: hi + #","thinking":{"type":"enabled","token_budget":100}"#),
            Case(
                rule: "a budget of nothing", model: reasoning, change: { $0.reasoning = Reasoning(budgetTokens: 0) },
                body: hi + #","thinking":{"type":"disabled"}"#),
            Case(
                rule: "leaving reasoning out of the answer is not asked of Cohere", model: reasoning,
                change: { $0.reasoning = Reasoning(isIncluded: false) }, body: hi),
            Case(
                rule: "reasoning goes back", model: reasoning,
                messages: [
                    Message(.assistant, [.reasoning(text: "hm", signature: "s"), .text("b")]),
                    Message(.user, [.text("c")]),
                ],
                body: #""messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},"#
                    + #"{"type":"text","text":"b"}]},{"role":"user","content":"c"}]"#),
            Case(
                rule: "reasoning before calls is a plan to models that do not reason",
                messages: [
                    Message(.assistant, [.reasoning(text: "I will", signature: nil)], toolCalls: [call]),
                    Message(.tool, [.text("1")], toolCallID: "a"),
                    Message(.assistant, [.reasoning(text: "hm", signature: nil), .text("b")]),
                    Message(.user, [.text("c")]),
                ],
                body:
                    #""messages":[{"role":"assistant","tool_plan":"I will","tool_calls":[{"id":"a","type":"function","#
                    + #""function":{"name":"f","arguments":"{}"}}]},"#
                    + #"{"role":"tool","tool_call_id":"a","content":"1"},"#
                    + #"{"role":"assistant","content":"b"},{"role":"user","content":"c"}]"#),
        ]
        + [
            "command-a-03-2025", "command-a-vision-07-2025", "command-a-translate-08-2025", "command-r-plus-08-2024",
            "command-r7b-12-2024",
        ].map { model in
            Case(
                rule: "\(model) does not reason", model: model, change: { $0.reasoning = Reasoning(effort: .high) },
                body: hi, warnings: ["cohere/\(model) does not take reasoning: it was left out"])
        }

    @Test("a request has this body", arguments: cases)
    func body(example: Case) throws {
        var request = Request(messages: example.messages)
        example.change(&request)
        let encoded = try CohereAdapter.testing()
            .encode(request, model: example.model, isStream: example.isStream)
        let body = String(decoding: encoded.http.body, as: UTF8.self)
        #expect(body == #"{"model":"\#(example.model)",\#(example.body)}"#)
        #expect(encoded.warnings == example.warnings)
    }

    static let image = Part.imageURL("https://e.com/a.png")

    static let refusals: [(String, [Message], @Sendable (inout Request) -> Void, ErrorCode)] = [
        ("command-a-03-2025", [Message(.user, [.text("a"), image])], { _ in }, .capabilityMissing),
        ("command-r-08-2024", [Message(.user, [.text("a"), image])], { _ in }, .capabilityMissing),
        ("m", [Message(.user, Array(repeating: image, count: 21))], { _ in }, .capabilityMissing),
        (
            "m",
            [Message(.assistant, [], toolCalls: [call]), Message(.tool, [image], toolCallID: "a")], { _ in },
            .capabilityMissing
        ),
        (
            "m", [Message(.user, [.text("a"), .document(Document(.url("https://e.com/a.txt")))])], { _ in },
            .capabilityMissing
        ),
        (
            "m",
            [Message(.user, [.text("a"), .document(Document(.data(mediaType: "application/pdf", base64: "AAAA")))])],
            { _ in }, .capabilityMissing
        ),
        (
            "m", [Message(.user, [.text("a"), .document(Document(.data(mediaType: "text/plain", base64: "/w==")))])],
            { _ in }, .capabilityMissing
        ),
        ("m", [Message(.system, [.document(text)]), Message(.user, [.text("a")])], { _ in }, .capabilityMissing),
        ("m", [Message(.user, [.text("a"), .document(text)])], { $0.responseFormat = .json }, .capabilityMissing),
        (
            "m", [Message(.user, [.text("a")])],
            {
                $0.tools = [tool]
                $0.responseFormat = .json
            }, .capabilityMissing
        ),
        (
            "command-r-plus-08-2024", [Message(.user, [.text("a")])],
            {
                $0.tools = [tool]
                $0.toolChoice = .required
            }, .capabilityMissing
        ),
        ("m", [Message(.user, [.text("")])], { _ in }, .badRequest),
        ("m", [Message(.tool, [.text("a")], toolCallID: "b")], { _ in }, .badRequest),
    ]

    @Test("a request that cannot be honoured is refused before anything is sent", arguments: refusals.indices)
    func refusal(index: Int) {
        let (model, messages, change, code) = Self.refusals[index]
        var request = Request(messages: messages)
        change(&request)
        let error = #expect(throws: UltraError.self) {
            try CohereAdapter.testing().encode(request, model: model, isStream: false)
        }
        #expect(error?.code == code)
        #expect(error?.model == "cohere/\(model)")
    }

    @Test("the key is in a header and nowhere else; each API version has its path", arguments: ["", "/v1", "/v2"])
    func key(version: String) throws {
        let endpoint = try Endpoint("https://api.example.com\(version)", versionPath: "/v2")
        let adapter = CohereAdapter(endpoint: endpoint, key: Secret("k"))
        let http = try adapter.encode(
            Request(messages: [Message(.user, [.text("Hi")])]), model: "m", isStream: true
        ).http
        #expect(http.url == "https://api.example.com/v2/chat")
        #expect(
            http.headers == [
                HTTPHeader("Authorization", "Bearer k"), HTTPHeader("Accept", "text/event-stream"),
                HTTPHeader("Content-Type", "application/json"),
            ])
        #expect(adapter.listRequest(page: nil).url == "https://api.example.com/v1/models?page_size=1000")
        #expect(
            adapter.listRequest(page: "a=/\n").url
                == "https://api.example.com/v1/models?page_size=1000&page_token=a%3D%2F%0A")
    }
}
