import Testing
import UltraAPI

@testable import UltraProviders

/// The body of a request to the Responses API, byte for byte, and the warnings for members left out of it.
struct ResponsesRequestTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        var model = "gpt-4o"
        var dialect = Dialect.openAI
        var isStream = false
        var messages = [Message(.user, [.text("Hi")])]
        var change: @Sendable (inout Request) -> Void = { _ in }
        /// The part of the body after `"model":…,`.
        let body: String
        var warnings: [String] = []

        var testDescription: String { rule }
    }

    static let hi = #""input":[{"role":"user","content":"Hi"}]"#
    /// The end of every request to OpenAI.
    static let end = #","store":false"#
    static let include = #","include":["reasoning.encrypted_content"]"#
    static let tool = Tool(
        name: "f", description: "d", parameters: RawJSON(validated: Array(#"{"type":"object"}"#.utf8)))
    static let signature = #"{"id":"rs_1","encrypted_content":"E\/+=\u00e9"}"#

    static let cases = messageCases + samplingCases + toolCases + reasoningCases + dialectCases

    static let messageCases = [
        Case(rule: "a prompt is one message, and nothing is kept", body: hi + end),
        Case(
            rule: "a conversation keeps its roles",
            messages: [
                Message(.system, [.text("Be brief")]), Message(.user, [.text("a")]),
                Message(.assistant, [.text("b"), .text("c")]), Message(.user, [.text("d"), .text("e")]),
            ],
            body: #""input":[{"role":"system","content":"Be brief"},{"role":"user","content":"a"},"#
                + #"{"role":"assistant","content":[{"type":"output_text","text":"b"},"#
                + #"{"type":"output_text","text":"c"}]},"#
                + #"{"role":"user","content":[{"type":"input_text","text":"d"},{"type":"input_text","text":"e"}]}]"#
                + end
        ),
        Case(
            rule: "reasoning, text, calls and results are items; reasoning keeps its place",
            messages: [
                Message(
                    .assistant,
                    [
                        .reasoning(text: "why", signature: signature), .text("b"),
                        .reasoning(text: "", signature: #"{"encrypted_content":"F"}"#),
                    ],
                    toolCalls: [
                        ToolCall(id: "1", name: "f", arguments: #"{"x":1}"#),
                        ToolCall(id: "2", name: "g", arguments: ""),
                    ]),
                Message(.tool, [.text("one")], toolCallID: "1"), Message(.tool, [.text("two")], toolCallID: "2"),
            ],
            body: #""input":[{"type":"reasoning","id":"rs_1","encrypted_content":"E/+=é","#
                + #""summary":[{"type":"summary_text","text":"why"}]},"#
                + #"{"role":"assistant","content":[{"type":"output_text","text":"b"}]},"#
                + #"{"type":"reasoning","encrypted_content":"F","summary":[]},"#
                + #"{"type":"function_call","call_id":"1","name":"f","arguments":"{\"x\":1}"},"#
                + #"{"type":"function_call","call_id":"2","name":"g","arguments":"{}"},"#
                + #"{"type":"function_call_output","call_id":"1","output":"one"},"#
                + #"{"type":"function_call_output","call_id":"2","output":"two"}]"# + end),
        Case(
            rule: "reasoning that led to nothing, was not signed, or by another API, stays out",
            messages: [
                Message(
                    .assistant,
                    [
                        .reasoning(text: "a", signature: nil), .reasoning(text: "b", signature: "c2ln"),
                        .reasoning(text: "c", signature: #"{"type":"reasoning.encrypted","data":"D"}"#),
                        .reasoning(text: "d", signature: #"{"encrypted_content":""}"#), .text("x"),
                        .reasoning(text: "e", signature: signature),
                    ])
            ], body: #""input":[{"role":"assistant","content":[{"type":"output_text","text":"x"}]}]"# + end),
        Case(
            rule: "a message of nothing is an empty text", messages: [Message(.assistant, [])],
            body: #""input":[{"role":"assistant","content":[{"type":"output_text","text":""}]}]"# + end),
        Case(
            rule: "images and files go by URL and as data",
            messages: [
                Message(
                    .user,
                    [
                        .text("What?"), .imageURL("https://e.com/a.png"),
                        .imageData(mediaType: "image/png", base64: "AAAA"),
                        .document(Document(.data(mediaType: "text/plain", base64: "AAAA"))),
                        .document(Document(.url("https://e.com/a.pdf"))),
                    ])
            ],
            body: #""input":[{"role":"user","content":[{"type":"input_text","text":"What?"},"#
                + #"{"type":"input_image","image_url":"https://e.com/a.png"},"#
                + #"{"type":"input_image","image_url":"data:image/png;base64,AAAA"},"#
                + #"{"type":"input_file","filename":"document.txt","file_data":"data:text/plain;base64,AAAA"},"#
                + #"{"type":"input_file","file_url":"https://e.com/a.pdf"}]}]"# + end),
        Case(
            rule: "a tool may return an image",
            messages: [Message(.tool, [.text("see"), .imageURL("https://e.com/a.png")], toolCallID: "1")],
            body:
                #""input":[{"type":"function_call_output","call_id":"1","output":[{"type":"input_text","text":"see"},"#
                + #"{"type":"input_image","image_url":"https://e.com/a.png"}]}]"# + end),
    ]

    static let samplingCases = [
        Case(
            rule: "what the API has no word for is left out",
            change: { request in
                request.sampling.maxTokens = 99
                request.sampling.temperature = 0.5
                request.sampling.topP = 0.9
                request.sampling.topK = 3
                request.sampling.stop = ["x"]
                request.sampling.seed = 1
                request.sampling.frequencyPenalty = 1
                request.sampling.presencePenalty = 0
            }, body: hi + #","max_output_tokens":99,"temperature":0.5,"top_p":0.9"# + end,
            warnings: ["top_k", "stop", "seed", "frequency_penalty"].map {
                "openai/gpt-4o does not take \($0): it was left out"
            }),
        Case(
            rule: "a limit below OpenAI's least is raised", change: { $0.sampling.maxTokens = 1 },
            body: hi + #","max_output_tokens":16"# + end,
            warnings: ["openai/gpt-4o takes a max_tokens of 16 at least: it was raised"]),
        Case(
            rule: "JSON mode", change: { $0.responseFormat = .json },
            body: hi + #","text":{"format":{"type":"json_object"}}"# + end),
        Case(
            rule: "a schema goes as it came",
            change: { $0.responseFormat = .schema(name: "n", schema: .anyObject, strict: true) },
            body: hi + #","text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}}"#
                + end),
        Case(
            rule: "a stream asks for no padding", isStream: true,
            body: hi + end + #","stream":true,"stream_options":{"include_obfuscation":false}"#),
        Case(
            rule: "provider options take the place of ours",
            change: { request in
                request.sampling.temperature = 0.5
                request.providerOptions["openai"] = RawJSON(
                    validated: Array(#"{"store":true,"temperature":0.7,"truncation":"auto"}"#.utf8))
            }, body: hi + #","store":true,"temperature":0.7,"truncation":"auto""#),
    ]

    static let toolCases = [
        Case(
            rule: "tools are flat, and not strict unasked",
            change: { request in
                request.tools = [tool, Tool(name: "g")]
                request.toolChoice = .named("f")
                request.parallelToolCalls = false
            },
            body: hi
                + #","tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object","properties":{}},"#
                + #""strict":false},{"type":"function","name":"g","parameters":{"type":"object","properties":{}},"#
                + #""strict":false}],"tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false"# + end),
        Case(
            rule: "choices have OpenAI's words",
            change: { request in
                request.tools = [Tool(name: "g")]
                request.toolChoice = .required
            },
            body: hi + #","tools":[{"type":"function","name":"g","parameters":{"type":"object","properties":{}},"#
                + #""strict":false}],"tool_choice":"required""# + end),
        Case(rule: "without tools there is no choice", change: { $0.toolChoice = .auto }, body: hi + end),
    ]
}
