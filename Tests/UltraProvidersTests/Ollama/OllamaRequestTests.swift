import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// The body of an `/api/chat` request, byte for byte, and the warnings for members left out of it.
struct OllamaRequestTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        var model = "qwen3:8b"
        var messages = [Message(.user, [.text("Hi")])]
        let change: @Sendable (inout Request) -> Void
        /// The part of the body between `"model":…,` and `,"stream":false`.
        let body: String
        /// The members that the client's provider options add at the end.
        var options = ""
        var warnings: [String] = []

        var testDescription: String { rule }
    }

    static let hi = #""messages":[{"role":"user","content":"Hi"}]"#
    static let schema = RawJSON(validated: Array(#"{"type":"object"}"#.utf8))
    static let tools = [Tool(name: "f", description: "d", parameters: schema), Tool(name: "g")]
    static let f =
        #"{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}}"#
    static let g =
        #"{"type":"function","function":{"name":"g","parameters":{"type":"object","properties":{}}}}"#

    static func raw(_ json: String) -> RawJSON { RawJSON(validated: Array(json.utf8)) }

    static let cases = messageCases + optionCases + toolCases + thinkCases

    static let messageCases = [
        Case(rule: "a prompt is one message", change: { _ in }, body: hi),
        Case(
            rule: "parts of text are joined, and a cache marker is nothing",
            messages: [
                Message(.system, [.text("Be brief")]),
                Message(.user, [.text("a"), .cacheMarker(raw("{}")), .text("b")]),
            ], change: { _ in },
            body: #""messages":[{"role":"system","content":"Be brief"},{"role":"user","content":"a\nb"}]"#),
        Case(
            rule: "images are raw base64 beside the text",
            messages: [
                Message(
                    .user,
                    [
                        .text("What?"), .imageData(mediaType: "image/png", base64: "AAAA"),
                        .imageData(mediaType: "image/JPEG", base64: "BBBB"),
                    ])
            ], change: { _ in },
            body: #""messages":[{"role":"user","content":"What?","images":["AAAA","BBBB"]}]"#),
        Case(
            rule: "calls go back with arguments as objects, results with the tool's name",
            messages: [
                Message(
                    .assistant, [.reasoning(text: "hm", signature: nil), .reasoning(text: "m", signature: "s")],
                    toolCalls: [
                        ToolCall(id: "1", name: "f", arguments: #" {"x": 1} "#),
                        ToolCall(id: "2", name: "g", arguments: ""),
                    ]),
                Message(.tool, [.text("two")], toolCallID: "2"), Message(.tool, [.text("one")], toolCallID: "1"),
                Message(.tool, [.text("lost")], toolCallID: "3"),
            ], change: { _ in },
            body: #""messages":[{"role":"assistant","content":"","thinking":"hmm","tool_calls":["#
                + #"{"id":"1","function":{"name":"f","arguments":{"x": 1}}},"#
                + #"{"id":"2","function":{"name":"g","arguments":{}}}]},"#
                + #"{"role":"tool","content":"two","tool_name":"g","tool_call_id":"2"},"#
                + #"{"role":"tool","content":"one","tool_name":"f","tool_call_id":"1"},"#
                + #"{"role":"tool","content":"lost","tool_call_id":"3"}]"#),
    ]

    static let optionCases = [
        Case(
            rule: "every sampling parameter has its name under options",
            change: { request in
                request.sampling.maxTokens = 9
                request.sampling.temperature = 0.5
                request.sampling.topP = 0.9
                request.sampling.topK = 40
                request.sampling.stop = ["x", "y"]
                request.sampling.seed = -3
                request.sampling.frequencyPenalty = 1
                request.sampling.presencePenalty = -0.25
            },
            body: hi + #","options":{"num_predict":9,"temperature":0.5,"top_p":0.9,"top_k":40,"stop":["x","y"],"#
                + #""seed":-3,"frequency_penalty":1.0,"presence_penalty":-0.25}"#),
        Case(rule: "JSON is a word", change: { $0.responseFormat = .json }, body: hi + #","format":"json""#),
        Case(
            rule: "a schema is sent as it is",
            change: { $0.responseFormat = .schema(name: "n", schema: schema, strict: true) },
            body: hi + #","format":{"type":"object"}"#),
        Case(
            rule: "options of the client are merged with ours, and win",
            change: { request in
                request.sampling.temperature = 0.5
                request.sampling.seed = 1
                request.providerOptions["ollama"] = raw(
                    #"{"keep_alive":0,"options":{"num_ctx":8192,"seed":7},"think":false}"#)
            }, body: hi,
            options: #","keep_alive":0,"think":false,"options":{"temperature":0.5,"num_ctx":8192,"seed":7}"#),
        Case(
            rule: "options of the client without options leave ours",
            change: { request in
                request.sampling.seed = 1
                request.providerOptions["ollama"] = raw(#"{"keep_alive":"10m"}"#)
                request.providerOptions["openai"] = raw(#"{"options":{}}"#)
            }, body: hi + #","options":{"seed":1}"#, options: #","keep_alive":"10m""#),
    ]

    static let toolCases = [
        Case(rule: "tools have OpenAI's form", change: { $0.tools = tools }, body: hi + ",\"tools\":[\(f),\(g)]"),
        Case(
            rule: "auto and parallel calls are the default",
            change: { request in
                request.tools = tools
                request.toolChoice = .auto
                request.parallelToolCalls = true
            }, body: hi + ",\"tools\":[\(f),\(g)]"),
        Case(
            rule: "none leaves the tools out",
            change: { request in
                request.tools = tools
                request.toolChoice = ToolChoice.none
            }, body: hi),
        Case(
            rule: "required cannot be said",
            change: { request in
                request.tools = tools
                request.toolChoice = .required
            }, body: hi + ",\"tools\":[\(f),\(g)]",
            warnings: ["ollama/qwen3:8b cannot be forced to call a tool: it may answer with text"]),
        Case(
            rule: "a named tool is the only one offered",
            change: { request in
                request.tools = tools
                request.toolChoice = .named("g")
            }, body: hi + ",\"tools\":[\(g)]",
            warnings: ["ollama/qwen3:8b cannot be forced to call g: it is the only tool offered"]),
        Case(
            rule: "one call at a time cannot be said",
            change: { request in
                request.tools = tools
                request.parallelToolCalls = false
            }, body: hi + ",\"tools\":[\(f),\(g)]",
            warnings: ["ollama/qwen3:8b does not take parallel_tool_calls: it was left out"]),
    ]

    static let thinkCases = [
        Case(
            rule: "gpt-oss has levels", model: "gpt-oss:20b", change: { $0.reasoning = Reasoning(effort: .high) },
            body: hi + #","think":"high""#),
        Case(
            rule: "the least level is low", model: "hf.co/unsloth/GPT-OSS-20b-GGUF",
            change: { $0.reasoning = Reasoning(effort: .minimal) }, body: hi + #","think":"low""#),
        Case(
            rule: "other models think or do not", change: { $0.reasoning = Reasoning(effort: .low) }, body: hi,
            warnings: [
                "ollama/qwen3:8b takes no reasoning effort: it was left out; provider_options.ollama.think turns "
                    + "reasoning on or off"
            ]),
        Case(
            rule: "there is no budget", change: { $0.reasoning = Reasoning(budgetTokens: 100) }, body: hi,
            warnings: ["ollama/qwen3:8b takes no budget_tokens for its reasoning: it was left out"]),
        Case(
            rule: "reasoning that is only not to be shown is nothing to the model",
            change: { $0.reasoning = Reasoning(isIncluded: false) }, body: hi),
    ]

    @Test("a request has this body", arguments: cases)
    func encode(example: Case) throws {
        var request = Request(messages: example.messages)
        example.change(&request)
        var facts = WireFacts()
        facts.window = .server
        let encoded = try OllamaAdapter.testing().encode(
            request, model: example.model, isStream: false, facts: facts)
        let body = String(decoding: encoded.http.body, as: UTF8.self)
        #expect(body == #"{"model":"\#(example.model)",\#(example.body),"stream":false\#(example.options)}"#)
        #expect(encoded.warnings == example.warnings)
    }

    struct Refusal: CustomTestStringConvertible {
        let what: String
        let part: Part
        var code = ErrorCode.capabilityMissing
        var testDescription: String { what }
    }

    @Test(
        "a request that Ollama cannot serve is refused before anything is sent",
        arguments: [
            Refusal(what: "an image by URL", part: .imageURL("https://e.com/a.png")),
            Refusal(what: "a GIF", part: .imageData(mediaType: "image/gif", base64: "AAAA")),
            Refusal(
                what: "a document", part: .document(Document(.data(mediaType: "application/pdf", base64: "AAAA")))),
        ])
    func refusal(refusal: Refusal) {
        let error = #expect(throws: UltraError.self) {
            try OllamaAdapter.testing().encode(
                Request(messages: [Message(.user, [.text("a"), refusal.part])]), model: "m", isStream: true)
        }
        #expect(error?.code == refusal.code)
        #expect(error?.model == "ollama/m")
        #expect(error?.hint != nil)
    }

    @Test("arguments that are no object are wrapped in one", arguments: ["[]", "7", "{} {}", #"{"x":}"#])
    func arguments(text: String) throws {
        let call = ToolCall(id: "1", name: "f", arguments: text)
        let encoded = try OllamaAdapter.testing().encode(
            Request(messages: [Message(.assistant, [], toolCalls: [call])]), model: "m", isStream: true)
        let escaped = text.replacingOccurrences(of: "\"", with: "\\\"")
        #expect(
            String(decoding: encoded.http.body, as: UTF8.self).contains(
                #""arguments":{"arguments":"\#(escaped)"}"#))
    }

    @Test(
        "options that are no object are an error of the client",
        arguments: [("[1]", ""), (#"{"options":1}"#, ".options")])
    func options(json: String, field: String) {
        var request = Request(messages: [Message(.user, [.text("Hi")])])
        request.providerOptions["ollama"] = Self.raw(json)
        let error = #expect(throws: UltraError.self) {
            try OllamaAdapter.testing().encode(request, model: "m", isStream: false)
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.field == "provider_options.ollama\(field)")
    }

    @Test("the key of the hosted service is in a header and nowhere else")
    func key() throws {
        let adapter = OllamaAdapter.testing(key: Secret("k"))
        let http = try adapter.encode(
            Request(messages: [Message(.user, [.text("Hi")])]), model: "m", isStream: true
        ).http
        #expect(http.url == "http://127.0.0.1:11434/api/chat")
        #expect(
            http.headers == [
                HTTPHeader("Authorization", "Bearer k"), HTTPHeader("Accept", "application/x-ndjson"),
                HTTPHeader("Content-Type", "application/json"),
            ])
        #expect(String(decoding: http.body, as: UTF8.self).hasSuffix(#","stream":true}"#))
        #expect(adapter.listRequest(page: nil).headers.first == HTTPHeader("Authorization", "Bearer k"))
        #expect(adapter.listRequest(page: nil).url == "http://127.0.0.1:11434/api/tags")
        let none = try OllamaAdapter.testing().encode(
            Request(messages: [Message(.user, [.text("Hi")])]), model: "m", isStream: false)
        #expect(!none.http.headers.contains { $0.name == "Authorization" })
    }

    @Test("texts are embedded in one request")
    func embed() throws {
        var request = EmbedRequest(input: ["a", "b"])
        request.dimensions = 64
        request.providerOptions["ollama"] = Self.raw(#"{"truncate":false}"#)
        let encoded = try OllamaAdapter.testing().encodeEmbed(request, model: "nomic-embed-text")
        #expect(encoded.http.url == "http://127.0.0.1:11434/api/embed")
        #expect(
            String(decoding: encoded.http.body, as: UTF8.self)
                == #"{"model":"nomic-embed-text","input":["a","b"],"dimensions":64,"truncate":false}"#)
    }
}
