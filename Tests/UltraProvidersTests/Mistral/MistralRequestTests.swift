import Testing
import UltraAPI

@testable import UltraProviders

/// The body of a request to Mistral, byte for byte, and the warnings for members left out of it.
struct MistralRequestTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        var model = "mistral-small-latest"
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
    static let small = "mistral/mistral-small-latest"

    static let cases = messageCases + orderCases + samplingCases + toolCases + reasoningCases

    static let messageCases = [
        Case(rule: "a stream asks for nothing but a stream", isStream: true, body: hi + #","stream":true"#),
        Case(
            rule: "several texts, images and documents are chunks; a marker is a hint",
            messages: [
                Message(
                    .user,
                    [
                        .text("a"), .cacheMarker(RawJSON(validated: Array("{}".utf8))), .text("b"),
                        .imageURL("https://e.com/a.png"), .imageData(mediaType: "image/png", base64: "AAAA"),
                        .document(Document(.url("https://e.com/a.pdf"))),
                        .document(Document(.data(mediaType: "application/pdf", base64: "AAAA"), name: "a.pdf")),
                    ])
            ],
            body: #""messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},"#
                + #"{"type":"image_url","image_url":"https://e.com/a.png"},"#
                + #"{"type":"image_url","image_url":"data:image/png;base64,AAAA"},"#
                + #"{"type":"document_url","document_url":"https://e.com/a.pdf"},"#
                + #"{"type":"document_url","document_url":"data:application/pdf;base64,AAAA","document_name":"a.pdf"}]}]"#
        ),
        Case(
            rule: "a text with a marker is a string",
            messages: [Message(.user, [.text("a"), .cacheMarker(RawJSON(validated: Array("{}".utf8)))])],
            body: #""messages":[{"role":"user","content":"a"}]"#),
        Case(
            rule: "ids of elsewhere are mapped alike in call and result, Mistral's own stay",
            messages: [
                Message(
                    .assistant, [],
                    toolCalls: [
                        ToolCall(id: "call_abc", name: "f", arguments: ""),
                        ToolCall(id: "D681PevKs", name: "g", arguments: #"{"x":1}"#),
                    ]),
                Message(.tool, [.text("2")], toolCallID: "D681PevKs"),
                Message(.tool, [.text("1")], toolCallID: "call_abc"),
            ],
            body: #""messages":[{"role":"assistant","tool_calls":["#
                + #"{"id":"\#(CallIDs.mistral("call_abc"))","type":"function","function":{"name":"f","arguments":"{}"}},"#
                + #"{"id":"D681PevKs","type":"function","function":{"name":"g","arguments":"{\"x\":1}"}}]},"#
                + #"{"role":"tool","content":"2","tool_call_id":"D681PevKs","name":"g"},"#
                + #"{"role":"tool","content":"1","tool_call_id":"\#(CallIDs.mistral("call_abc"))","name":"f"}]"#),
        Case(
            rule: "a result may hold an image",
            messages: [
                Message(.assistant, [.text("b")], toolCalls: [ToolCall(id: "D681PevKs", name: "f", arguments: "{}")]),
                Message(.tool, [.imageURL("https://e.com/a.png")], toolCallID: "D681PevKs"),
            ],
            body: #""messages":[{"role":"assistant","content":"b","tool_calls":[{"id":"D681PevKs","type":"function","#
                + #""function":{"name":"f","arguments":"{}"}}]},{"role":"tool","content":["#
                + #"{"type":"image_url","image_url":"https://e.com/a.png"}],"tool_call_id":"D681PevKs","name":"f"}]"#),
        Case(
            rule: "reasoning goes back as it came, signature included",
            messages: [
                Message(.assistant, [.reasoning(text: "hm", signature: "s=="), .text("b")]),
                Message(.assistant, [.reasoning(text: "ah", signature: nil)]), Message(.user, [.text("c")]),
            ],
            body: #""messages":[{"role":"assistant","content":[{"type":"thinking","thinking":["#
                + #"{"type":"text","text":"hm"}],"signature":"s=="},{"type":"text","text":"b"}]},"#
                + #"{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"ah"}]}]},"#
                + #"{"role":"user","content":"c"}]"#),
        Case(
            rule: "a model that does not reason is not shown any", model: "codestral-latest",
            messages: [
                Message(.assistant, [.reasoning(text: "hm", signature: "s=="), .text("b")]),
                Message(.assistant, [.reasoning(text: "ah", signature: nil)]), Message(.user, [.text("c")]),
            ],
            body: #""messages":[{"role":"assistant","content":"b"},{"role":"user","content":"c"}]"#),
    ]

    static let orderCases = [
        Case(
            rule: "a beginning of the answer is to be continued",
            messages: [Message(.user, [.text("a")]), Message(.assistant, [.text("b")])],
            body: #""messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","prefix":true}]"#),
        Case(
            rule: "between a result and a user message comes an assistant message",
            messages: [
                Message(.assistant, [], toolCalls: [ToolCall(id: "D681PevKs", name: "f", arguments: "{}")]),
                Message(.tool, [.text("1")], toolCallID: "D681PevKs"), Message(.user, [.text("a")]),
            ],
            body: #""messages":[{"role":"assistant","tool_calls":[{"id":"D681PevKs","type":"function","#
                + #""function":{"name":"f","arguments":"{}"}}]},"#
                + #"{"role":"tool","content":"1","tool_call_id":"D681PevKs","name":"f"},"#
                + #"{"role":"assistant","content":"OK."},{"role":"user","content":"a"}]"#,
            warnings: [
                "\(small) does not take a user message after a tool message: "
                    + "the assistant message \"OK.\" was inserted"
            ]),
        Case(
            rule: "system messages before an answer stay, one after it moves to the beginning",
            messages: [
                Message(.system, [.text("1"), .text("2")]), Message(.user, [.text("a")]),
                Message(.system, [.text("3")]), Message(.assistant, [.text("b")]), Message(.system, [.text("4")]),
                Message(.user, [.text("c")]),
            ],
            body: #""messages":[{"role":"system","content":"1\n2"},{"role":"system","content":"4"},"#
                + #"{"role":"user","content":"a"},{"role":"system","content":"3"},"#
                + #"{"role":"assistant","content":"b"},{"role":"user","content":"c"}]"#,
            warnings: ["\(small) does not take a system message in this position: it was moved to the beginning"]),
        Case(
            rule: "a system message is not the last",
            messages: [Message(.user, [.text("a")]), Message(.system, [.text("1")])],
            body: #""messages":[{"role":"system","content":"1"},{"role":"user","content":"a"}]"#,
            warnings: ["\(small) does not take a system message in this position: it was moved to the beginning"]),
        Case(
            rule: "an assistant message of nothing is left out",
            messages: [
                Message(.user, [.text("a")]), Message(.assistant, [.text("")]), Message(.user, [.text("b")]),
            ],
            body: #""messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]"#),
    ]

    static let samplingCases = [
        Case(
            rule: "every sampling parameter has its name",
            change: { request in
                request.sampling.maxTokens = 9
                request.sampling.temperature = 0.5
                request.sampling.topP = 0.9
                request.sampling.stop = ["x", "y"]
                request.sampling.seed = 3
                request.sampling.frequencyPenalty = 1
                request.sampling.presencePenalty = -0.25
            },
            body: hi + #","max_tokens":9,"temperature":0.5,"top_p":0.9,"stop":["x","y"],"random_seed":3,"#
                + #""frequency_penalty":1.0,"presence_penalty":-0.25"#),
        Case(
            rule: "a temperature above 1.5 is lowered, a top_p of 0 and a top_k are left out",
            change: { request in
                request.sampling.temperature = 2
                request.sampling.topP = 0
                request.sampling.topK = 3
            }, body: hi + #","temperature":1.5"#,
            warnings: [
                "\(small) takes a temperature of 1.5 at most: 1.5 was sent",
                "\(small) does not take a top_p of 0: it was left out",
                "\(small) does not take top_k: it was left out",
            ]),
        Case(
            rule: "beside a temperature of 0 there is no top_p",
            change: { request in
                request.sampling.temperature = 0
                request.sampling.topP = 0.5
            }, body: hi + #","temperature":0.0"#),
        Case(
            rule: "a seed below 0 is made positive", change: { $0.sampling.seed = Int.min },
            body: hi + #","random_seed":9223372036854775807"#),
        Case(
            rule: "JSON mode", change: { $0.responseFormat = .json },
            body: hi + #","response_format":{"type":"json_object"}"#),
        Case(
            rule: "a schema goes as it came",
            change: {
                $0.responseFormat = .schema(
                    name: "n", schema: RawJSON(validated: Array(#"{"type":"object"}"#.utf8)), strict: true)
            },
            body: hi + #","response_format":{"type":"json_schema","json_schema":"#
                + #"{"name":"n","schema":{"type":"object"},"strict":true}}"#),
        Case(
            rule: "provider options are merged and take the place of ours",
            change: { request in
                request.sampling.seed = 1
                request.providerOptions["mistral"] = RawJSON(
                    validated: Array(#"{"random_seed":2,"safe_prompt":true}"#.utf8))
            }, body: hi + #","random_seed":2,"safe_prompt":true"#),
    ]

    static let toolCases = [
        Case(
            rule: "tools, choice and parallelism; a tool that takes nothing says so",
            change: { request in
                request.tools = [tool, Tool(name: "g")]
                request.toolChoice = .named("f")
                request.parallelToolCalls = false
            },
            body: hi + "," + toolJSON.dropLast()
                + #",{"type":"function","function":{"name":"g","parameters":{"type":"object","properties":{}}}}],"#
                + #""tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false"#),
        Case(
            rule: "required is called any",
            change: { request in
                request.tools = [tool]
                request.toolChoice = .required
            }, body: hi + "," + toolJSON + #","tool_choice":"any""#),
        Case(
            rule: "none is none",
            change: { request in
                request.tools = [tool]
                request.toolChoice = ToolChoice.none
            }, body: hi + "," + toolJSON + #","tool_choice":"none""#),
        Case(
            rule: "without tools there is no choice",
            change: { request in
                request.toolChoice = ToolChoice.none
                request.parallelToolCalls = true
            }, body: hi),
    ]

    static let reasoningCases =
        ([.minimal, .low, .medium, .high] as [Reasoning.Effort]).map { effort in
            Case(
                rule: "effort \(effort) is high or none", change: { $0.reasoning = Reasoning(effort: effort) },
                body: hi + #","reasoning_effort":"\#(effort == .minimal || effort == .low ? "none" : "high")""#,
                warnings: effort == .low
                    ? ["\(small) reasons with high effort or not at all: reasoning was turned off"] : [])
        } + [
            Case(
                rule: "a budget has no place", change: { $0.reasoning = Reasoning(budgetTokens: 1024) }, body: hi,
                warnings: ["\(small) takes a reasoning effort instead of budget_tokens: it was left out"]),
            Case(
                rule: "leaving reasoning out of the answer is not asked of Mistral",
                change: { $0.reasoning = Reasoning(isIncluded: false) }, body: hi),
            Case(
                rule: "magistral always reasons", model: "magistral-medium-2509",
                change: { $0.reasoning = Reasoning(effort: .low) }, body: hi + #","prompt_mode":"reasoning""#,
                warnings: ["mistral/magistral-medium-2509 takes no reasoning effort: it was left out"]),
            Case(
                rule: "magistral without a date is another model", model: "magistral-medium-latest",
                change: { $0.reasoning = Reasoning(effort: .high) }, body: hi + #","reasoning_effort":"high""#),
        ]
        + [
            "mistral-large-latest", "mistral-large-2512", "mistral-small-2506", "ministral-8b-latest", "codestral-2508",
            "ft:open-mistral-nemo:ws:20250101:id",
        ].map { model in
            Case(
                rule: "\(model) does not reason", model: model,
                change: { $0.reasoning = Reasoning(effort: .high) }, body: hi,
                warnings: ["mistral/\(model) does not take reasoning: it was left out"])
        }

    @Test("a request has this body", arguments: cases)
    func body(example: Case) throws {
        var request = Request(messages: example.messages)
        example.change(&request)
        let encoded = try MistralAdapter.testing()
            .encode(request, model: example.model, isStream: example.isStream)
        let body = String(decoding: encoded.http.body, as: UTF8.self)
        #expect(body == #"{"model":"\#(example.model)",\#(example.body)}"#)
        #expect(encoded.warnings == example.warnings)
    }

    static let image = Part.imageURL("https://e.com/a.png")
    static let call = ToolCall(id: "a", name: "f", arguments: "{}")

    @Test(
        "a request that cannot be honoured is refused before anything is sent",
        arguments: [
            ("codestral-latest", [Message(.user, [image])], ErrorCode.capabilityMissing),
            ("magistral-small-2507", [Message(.user, [image])], .capabilityMissing),
            ("m", [Message(.user, Array(repeating: image, count: 9))], .capabilityMissing),
            ("m", [Message(.system, [image]), Message(.user, [])], .capabilityMissing),
            (
                "m", [Message(.assistant, [.document(Document(.url("https://e.com/a.pdf")))]), Message(.user, [])],
                .capabilityMissing
            ),
            ("m", [Message(.system, [.text("a")])], .badRequest),
            ("m", [Message(.tool, [.text("a")], toolCallID: "a")], .badRequest),
            ("m", [Message(.assistant, [], toolCalls: [call]), Message(.user, [.text("a")])], .badRequest),
            ("m", [Message(.assistant, [], toolCalls: [call])], .badRequest),
            ("m", [Message(.assistant, [], toolCalls: [call, call])], .badRequest),
            (
                "m",
                [
                    Message(.assistant, [], toolCalls: [call]), Message(.tool, [.text("a")], toolCallID: "a"),
                    Message(.tool, [.text("a")], toolCallID: "a"),
                ], .badRequest
            ),
        ])
    func refusal(model: String, messages: [Message], code: ErrorCode) {
        let error = #expect(throws: UltraError.self) {
            try MistralAdapter.testing().encode(Request(messages: messages), model: model, isStream: false)
        }
        #expect(error?.code == code)
        #expect(error?.provider == "mistral")
        #expect(error?.model == "mistral/\(model)")
    }

    @Test("more than 128 tools are refused")
    func tools() {
        var request = Request(messages: [Message(.user, [.text("Hi")])])
        request.tools = (0...128).map { Tool(name: "f\($0)") }
        let error = #expect(throws: UltraError.self) {
            try MistralAdapter.testing().encode(request, model: "m", isStream: false)
        }
        #expect(error?.code == .capabilityMissing)
    }

    @Test(
        "a mapped id is nine letters and digits, and unique",
        arguments: [
            ["call_1", "call_2"], ["functions.f:0", "functions.f:1"], ["", "ä", "日本"], ["D681PevK", "D681PevKs_"],
        ])
    func ids(ids: [String]) {
        let mapped = ids.map(CallIDs.mistral)
        #expect(Set(mapped).count == ids.count)
        #expect(mapped == ids.map(CallIDs.mistral))
        for id in mapped { #expect(id.wholeMatch(of: /[a-zA-Z0-9]{9}/) != nil, "\(id)") }
        #expect(CallIDs.mistral("D681PevKs") == "D681PevKs")
    }

    @Test("the key is in a header and nowhere else")
    func key() throws {
        let adapter = MistralAdapter.testing(key: Secret("k"))
        let http = try adapter.encode(
            Request(messages: [Message(.user, [.text("Hi")])]), model: "m", isStream: true
        ).http
        #expect(http.url == "https://api.example.com/v1/chat/completions")
        #expect(
            http.headers == [
                HTTPHeader("Authorization", "Bearer k"), HTTPHeader("Content-Type", "application/json"),
                HTTPHeader("Accept", "text/event-stream"),
            ])
        #expect(adapter.listRequest(page: nil).url == "https://api.example.com/v1/models")
        #expect(adapter.listRequest(page: nil).headers.first == HTTPHeader("Authorization", "Bearer k"))
    }
}

extension CallIDs {
    static func mistral(_ id: String) -> String { conforming(id, .nineLetters) }
}
