import Testing
import UltraAPI

@testable import UltraProviders

/// The encoding of conversations: `system` and `messages`, byte for byte.
struct AnthropicConversationTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        var model = "claude-haiku-4-5"
        let messages: [Message]
        /// The part of the body after `"max_tokens":…,`.
        let body: String
        var warnings: [String] = []

        var testDescription: String { rule }
    }

    static let marker = RawJSON(validated: Array(#"{"type":"ephemeral","ttl":"1h"}"#.utf8))
    static let mark = #","cache_control":{"type":"ephemeral","ttl":"1h"}"#
    static let pdf = Document(.data(mediaType: "application/pdf", base64: "JVBERg=="), name: "a.pdf")
    static let call = Message(.assistant, [], toolCalls: [ToolCall(id: "1", name: "f", arguments: #"{"x":1}"#)])

    static func text(_ text: String) -> String { #"{"type":"text","text":"\#(text)"}"# }
    static func user(_ blocks: String...) -> String {
        #"{"role":"user","content":[\#(blocks.joined(separator: ","))]}"#
    }
    static func assistant(_ blocks: String...) -> String {
        #"{"role":"assistant","content":[\#(blocks.joined(separator: ","))]}"#
    }
    static func body(system: String? = nil, _ turns: String...) -> String {
        (system.map { #""system":[\#($0)],"# } ?? "") + #""messages":[\#(turns.joined(separator: ","))]"#
    }
    static let use = #"{"type":"tool_use","id":"1","name":"f","input":{"x":1}}"#
    static let declared =
        #","tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"none"}"#

    static let cases = [
        Case(
            rule: "system text is apart, wherever it stood; equal roles are one turn; nothing is empty",
            messages: [
                Message(.system, [.text("s")]), Message(.user, [.text("a"), .text("")]), Message(.system, [.text("t")]),
                Message(.user, [.text("b")]), Message(.assistant, [.text(" \n")]), Message(.user, [.text("c")]),
                Message(.assistant, [.text("d")]), Message(.assistant, [.text("e")]), Message(.user, [.text("f")]),
            ],
            body: body(
                system: text("s") + "," + text("t"), user(text("a"), text("b"), text("c")),
                assistant(text("d"), text("e")), user(text("f"))),
            warnings: [
                "anthropic/claude-haiku-4-5 does not take a system message in this position: it was moved to the beginning"
            ]),
        Case(
            rule: "calls, and their results in one turn before its text, with images and documents",
            messages: [
                Message(.user, [.text("a")]),
                Message(
                    .assistant, [.text("b")],
                    toolCalls: [
                        ToolCall(id: "1", name: "f", arguments: #"{"x":1}"#),
                        ToolCall(id: "functions.g:0", name: "g", arguments: ""),
                    ]),
                Message(.tool, [.text("one"), .imageURL("https://e.com/a.png")], toolCallID: "1"),
                Message(.tool, [.document(pdf), .cacheMarker(marker)], toolCallID: "functions.g:0"),
                Message(.user, [.text("c")]),
            ],
            body: body(
                user(text("a")),
                assistant(
                    text("b"), use, #"{"type":"tool_use","id":"functions_2eg_3a0","name":"g","input":{}}"#),
                user(
                    #"{"type":"tool_result","tool_use_id":"1","content":[\#(text("one")),"#
                        + #"{"type":"image","source":{"type":"url","url":"https://e.com/a.png"}}]}"#,
                    #"{"type":"tool_result","tool_use_id":"functions_2eg_3a0","content":[{"type":"document","source":"#
                        + #"{"type":"base64","media_type":"application/pdf","data":"JVBERg=="},"title":"a.pdf"}]"#
                        + mark + "}", text("c")))
                + #","tools":[{"name":"f","input_schema":{"type":"object","properties":{}}},"#
                + #"{"name":"g","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"none"}"#),
        Case(
            rule: "arguments that are no object are put into one",
            messages: [
                Message(.user, [.text("a")]),
                Message(.assistant, [], toolCalls: [ToolCall(id: "1", name: "f", arguments: #"{"x":}"#)]),
                Message(.tool, [.text("bad")], toolCallID: "1"),
            ],
            body: body(
                user(text("a")),
                assistant(#"{"type":"tool_use","id":"1","name":"f","input":{"arguments":"{\"x\":}"}}"#),
                user(#"{"type":"tool_result","tool_use_id":"1","content":[\#(text("bad"))]}"#)) + declared,
            warnings: [
                "anthropic/claude-haiku-4-5 takes only JSON objects as arguments of a tool call: other texts were put into one"
            ]),
        Case(
            rule: "images and documents by URL, as data and as a data URL; text documents as text",
            messages: [
                Message(
                    .user,
                    [
                        .imageData(mediaType: "image/jpg", base64: "AAAA"), .imageURL("data:image/png;base64,BBBB"),
                        .document(Document(.url("https://e.com/a.pdf"))),
                        .document(Document(.data(mediaType: "text/markdown; charset=utf-8", base64: "R3LDvMOf"))),
                    ])
            ],
            body: body(
                user(
                    #"{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"AAAA"}}"#,
                    #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"BBBB"}}"#,
                    #"{"type":"document","source":{"type":"url","url":"https://e.com/a.pdf"}}"#,
                    #"{"type":"document","source":{"type":"text","media_type":"text/plain","data":"Grüß"}}"#))),
        Case(
            rule: "marks go on the block before; those nobody knows, and those on nothing, are dropped",
            messages: [
                Message(.system, [.text("s"), .cacheMarker(marker)]),
                Message(.user, [.cacheMarker(marker), .text("a"), .cacheMarker(marker)]),
                Message(.assistant, [.reasoning(text: "hm", signature: "x"), .cacheMarker(marker), .text("b")]),
                Message(.user, [.text("c"), .cacheMarker(RawJSON(validated: Array(#"{"type":"eternal"}"#.utf8)))]),
            ],
            body: body(
                system: text("s").dropLast() + mark + "}", user(text("a").dropLast() + mark + "}"),
                assistant(#"{"type":"thinking","thinking":"hm","signature":"x"}"#, text("b")), user(text("c")))),
        Case(
            rule: "of five marks the last four count",
            messages: [
                Message(.system, [.text("s"), .cacheMarker(marker)]),
                Message(
                    .user,
                    ["a", "b", "c", "d"].flatMap { [Part.text($0), .cacheMarker(marker)] }),
            ],
            body: body(
                system: text("s"),
                user(
                    text("a").dropLast() + mark + "}", text("b").dropLast() + mark + "}",
                    text("c").dropLast() + mark + "}", text("d").dropLast() + mark + "}"))),
        Case(
            rule: "reasoning without its signature stays here",
            messages: [
                Message(.user, [.text("a")]),
                Message(.assistant, [.reasoning(text: "hm", signature: nil), .text("b")]),
                Message(.user, [.text("c")]),
            ], body: body(user(text("a")), assistant(text("b")), user(text("c")))),
        Case(
            rule: "a model that never thought takes no thinking", model: "claude-3-5-haiku-20241022",
            messages: [
                Message(.user, [.text("a")]),
                Message(.assistant, [.reasoning(text: "hm", signature: "x"), .text("b")]),
                Message(.user, [.text("c")]),
            ], body: body(user(text("a")), assistant(text("b")), user(text("c")))),
        Case(
            rule: "what the model is to continue does not end in white space",
            messages: [
                Message(.user, [.text("a")]), Message(.assistant, [.text("b \\n".replacing("\\n", with: "\n"))]),
            ],
            body: body(user(text("a")), assistant(text("b")))),
    ]

    @Test("a conversation has this encoding", arguments: cases)
    func conversation(example: Case) throws {
        var request = Request(messages: example.messages)
        request.sampling.maxTokens = 9
        let encoded = try AnthropicAdapter.testing().encode(request, model: example.model, isStream: false)
        let body = String(decoding: encoded.http.body, as: UTF8.self)
        #expect(body == #"{"model":"\#(example.model)","max_tokens":9,\#(example.body)}"#)
        #expect(encoded.warnings == example.warnings)
    }

    struct Refusal: CustomTestStringConvertible {
        let rule: String
        var code = ErrorCode.capabilityMissing
        var model = "claude-haiku-4-5"
        var messages = [Message(.user, [.text("Hi")])]
        var change: @Sendable (inout Request) -> Void = { _ in }
        let message: String

        var testDescription: String { rule }
    }

    private static let hi = Message(.user, [.text("Hi")])
    private static let name = "anthropic/claude-haiku-4-5"

    static let refusals = [
        Refusal(
            rule: "an assistant's beginning", messages: [Message(.assistant, [.text("a")]), hi],
            message: "\(name) takes conversations that begin with a user message"),
        Refusal(
            rule: "system text alone", messages: [Message(.system, [.text("a")])],
            message: "\(name) takes conversations that begin with a user message"),
        Refusal(
            rule: "a message to be continued", model: "claude-sonnet-4-6",
            messages: [hi, Message(.assistant, [.text("a")])],
            message: "anthropic/claude-sonnet-4-6 does not continue an assistant message"),
        Refusal(
            rule: "an image of another kind",
            messages: [Message(.user, [.imageData(mediaType: "image/bmp", base64: "AAAA")])],
            message: "\(name) takes JPEG, PNG, GIF and WebP images only"),
        Refusal(
            rule: "an image in a system message", messages: [Message(.system, [.imageURL("https://e.com/a")]), hi],
            message: "\(name) takes only text in system messages"),
        Refusal(
            rule: "an image in an assistant message",
            messages: [hi, Message(.assistant, [.imageURL("https://e.com/a")]), hi],
            message: "\(name) takes images and documents only in user and tool messages"),
        Refusal(
            rule: "an image of a private server", messages: [Message(.user, [.imageURL("http://e.com/a")])],
            message: "\(name) fetches https URLs only"),
        Refusal(
            rule: "a document of another kind",
            messages: [Message(.user, [.document(Document(.data(mediaType: "application/zip", base64: "AAAA")))])],
            message: "\(name) takes PDF and text documents only"),
        Refusal(
            rule: "a text that is none", code: .badRequest,
            messages: [Message(.user, [.document(Document(.data(mediaType: "text/plain", base64: "/w==")))])],
            message: "a text document is not base64 of UTF-8"),
        Refusal(
            rule: "a call without a result", code: .badRequest, messages: [hi, call, hi],
            message: "the tool call 1 has no result"),
        Refusal(
            rule: "a result without a call", code: .badRequest,
            messages: [hi, Message(.tool, [.text("a")], toolCallID: "1")],
            message: "a tool message must answer a call of the assistant message before it, once"),
        Refusal(
            rule: "a schema of an old model", model: "claude-sonnet-4-20250514",
            change: {
                $0.responseFormat = .schema(name: "n", schema: RawJSON(validated: Array("{}".utf8)), strict: true)
            },
            message: "anthropic/claude-sonnet-4-20250514 does not follow a JSON schema"),
        Refusal(
            rule: "a schema and a message to be continued", messages: [hi, Message(.assistant, [.text("a")])],
            change: {
                $0.responseFormat = .schema(name: "n", schema: RawJSON(validated: Array("{}".utf8)), strict: true)
            },
            message: "\(name) does not follow a JSON schema when it continues an assistant message"),
        Refusal(
            rule: "a schema it is not held to",
            change: { request in
                request.responseFormat = .schema(
                    name: "n", schema: RawJSON(validated: Array(#"{"not":{}}"#.utf8)), strict: true)
            }, message: "\(name) does not follow a JSON schema with not"),
        Refusal(
            rule: "a schema that is none", code: .badRequest,
            change: {
                $0.responseFormat = .schema(name: "n", schema: RawJSON(validated: Array("[]".utf8)), strict: true)
            },
            message: "response_format.schema is not a JSON schema"),
        Refusal(
            rule: "two tools of one name", code: .badRequest,
            change: { $0.tools = [Tool(name: "a"), Tool(name: "a")] },
            message: "\(name) does not take two tools with the same name"),
        Refusal(
            rule: "parameters that are no object", code: .badRequest,
            change: { request in
                request.tools = [Tool(name: "a", parameters: RawJSON(validated: Array(#"{"type":"string"}"#.utf8)))]
            }, message: "\(name) takes only the schema of an object as a tool's parameters"),
        Refusal(
            rule: "a choice that is none", code: .badRequest,
            change: { request in
                request.tools = [Tool(name: "a")]
                request.toolChoice = .named("b")
            }, message: "\(name) cannot call b, which is not among the tools"),
        Refusal(
            rule: "options that are no object", code: .invalidRequest,
            change: { $0.providerOptions["anthropic"] = RawJSON(validated: Array("[1]".utf8)) },
            message: "provider_options.anthropic must be a JSON object"),
        Refusal(
            rule: "a header within a header", code: .invalidRequest,
            change: { request in
                request.providerOptions["anthropic"] = RawJSON(
                    validated: Array(#"{"anthropic_beta":"a\r\nb: c"}"#.utf8))
            },
            message: "provider_options.anthropic may hold printable ASCII only in anthropic_version and anthropic_beta"),
    ]

    @Test("content that cannot be sent is refused before the request", arguments: refusals)
    func refused(example: Refusal) {
        var request = Request(messages: example.messages)
        example.change(&request)
        let error = #expect(throws: UltraError.self) {
            try AnthropicAdapter.testing().encode(request, model: example.model, isStream: false)
        }
        #expect(error?.code == example.code)
        #expect(error?.message == example.message)
    }

    @Test("API version 2026-10-21 takes documents only in user messages")
    func documentOfAssistant() throws {
        let request = Request(messages: [Self.hi, Message(.assistant, [.document(Self.pdf)]), Self.hi])
        let old = try AnthropicAdapter.testing().encode(request, model: "claude-haiku-4-5", isStream: false)
        #expect(String(decoding: old.http.body, as: UTF8.self).contains(#""type":"document""#))
        let error = #expect(throws: UltraError.self) {
            try AnthropicAdapter.testing(version: "2026-10-21")
                .encode(request, model: "claude-haiku-4-5", isStream: false)
        }
        #expect(error?.code == .capabilityMissing)
    }
}
