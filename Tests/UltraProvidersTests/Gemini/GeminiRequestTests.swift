import Testing
import UltraAPI

@testable import UltraProviders

/// The body of a `generateContent` request, byte for byte, and the warnings for members left out of it.
struct GeminiRequestTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        var model = "gemini-2.5-flash"
        var isStream = false
        var messages = [Message(.user, [.text("Hi")])]
        var change: @Sendable (inout Request) -> Void = { _ in }
        /// The body without its outermost braces.
        let body: String
        var warnings: [String] = []

        var testDescription: String { rule }
    }

    static let hi = #""contents":[{"role":"user","parts":[{"text":"Hi"}]}]"#
    static let skip = GeminiConversation.skipsSignatureValidation

    static func raw(_ json: String) -> RawJSON { RawJSON(validated: Array(json.utf8)) }

    static let tool = Tool(
        name: "f", description: "d",
        parameters: raw(#"{"type":"object","properties":{"x":{"type":"integer","const":1}},"$schema":"s"}"#))

    static let cases = samplingCases + toolCases + formatCases + thinkingCases + optionCases

    static let samplingCases = [
        Case(rule: "a prompt is one turn", body: hi),
        Case(
            rule: "every sampling parameter has its name", model: "models/gemini-2.0-flash",
            change: { request in
                request.sampling.maxTokens = 9
                request.sampling.temperature = 0.5
                request.sampling.topP = 0.9
                request.sampling.topK = 4
                request.sampling.stop = ["x", "y"]
                request.sampling.seed = -3
                request.sampling.frequencyPenalty = 1
                request.sampling.presencePenalty = -0.25
            },
            body: hi + #","generationConfig":{"maxOutputTokens":9,"temperature":0.5,"topP":0.9,"topK":4,"#
                + #""stopSequences":["x","y"],"seed":-3,"frequencyPenalty":1.0,"presencePenalty":-0.25}"#),
        Case(
            rule: "a sixth stop sequence and a long seed are left out",
            change: { request in
                request.sampling.stop = ["1", "2", "3", "4", "5", "6"]
                request.sampling.seed = 1 << 40
            },
            body: hi + #","generationConfig":{"stopSequences":["1","2","3","4","5"]}"#,
            warnings: [
                "gemini/gemini-2.5-flash takes 5 stop sequences at most: the others were left out",
                "gemini/gemini-2.5-flash takes a seed of 32 bits: it was left out",
            ]),
        Case(
            rule: "Gemini 3 refuses penalties", model: "gemini-3-pro-preview",
            change: { request in
                request.sampling.temperature = 0.5
                request.sampling.frequencyPenalty = 1
                request.sampling.presencePenalty = 1
            }, body: hi + #","generationConfig":{"temperature":0.5}"#,
            warnings: [
                "gemini/gemini-3-pro-preview does not take frequency_penalty: it was left out",
                "gemini/gemini-3-pro-preview does not take presence_penalty: it was left out",
            ]),
        Case(
            rule: "the newest ignore sampling, and its default is no loss", model: "gemini-3.8-flash",
            change: { request in
                request.sampling.temperature = 1
                request.sampling.topP = 0.5
                request.sampling.topK = 1
            }, body: hi,
            warnings: [
                "gemini/gemini-3.8-flash does not take top_p: it was left out",
                "gemini/gemini-3.8-flash does not take top_k: it was left out",
            ]),
        Case(
            rule: "Argon gives less at once", model: "gemini-4-argon", change: { $0.sampling.maxTokens = 60_000 },
            body: hi + #","generationConfig":{"maxOutputTokens":32768}"#,
            warnings: ["gemini/gemini-4-argon gives 32768 tokens at most unless it streams: max_tokens was lowered"]),
        Case(
            rule: "but not in a stream", model: "gemini-4-argon", isStream: true,
            change: { $0.sampling.maxTokens = 60_000 }, body: hi + #","generationConfig":{"maxOutputTokens":60000}"#),
    ]

    static let toolCases = [
        Case(
            rule: "all functions are one tool; one without arguments has no parameters",
            change: { request in
                request.tools = [
                    tool, Tool(name: "g"), Tool(name: "h", parameters: raw(#"{"type":"object","properties":{}}"#)),
                ]
                request.parallelToolCalls = true
            },
            body: hi + #","tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":"#
                + #"{"type":"object","properties":{"x":{"type":"integer","enum":[1]}}}},{"name":"g"},{"name":"h"}]}]"#),
        Case(
            rule: "one call at a time cannot be had",
            change: { request in
                request.tools = [Tool(name: "g")]
                request.toolChoice = .auto
                request.parallelToolCalls = false
            },
            body: hi + #","tools":[{"functionDeclarations":[{"name":"g"}]}],"#
                + #""toolConfig":{"functionCallingConfig":{"mode":"AUTO"}}"#,
            warnings: ["gemini/gemini-2.5-flash does not take parallel_tool_calls: it was left out"]),
        Case(
            rule: "choice none",
            change: {
                $0.tools = [Tool(name: "g")]; $0.toolChoice = ToolChoice.none
            },
            body: hi + #","tools":[{"functionDeclarations":[{"name":"g"}]}],"#
                + #""toolConfig":{"functionCallingConfig":{"mode":"NONE"}}"#),
        Case(
            rule: "choice required",
            change: {
                $0.tools = [Tool(name: "g")]; $0.toolChoice = .required
            },
            body: hi + #","tools":[{"functionDeclarations":[{"name":"g"}]}],"#
                + #""toolConfig":{"functionCallingConfig":{"mode":"ANY"}}"#),
        Case(
            rule: "a named choice",
            change: {
                $0.tools = [Tool(name: "g")]; $0.toolChoice = .named("g")
            },
            body: hi + #","tools":[{"functionDeclarations":[{"name":"g"}]}],"#
                + #""toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["g"]}}"#),
        Case(rule: "without tools there is no choice", change: { $0.toolChoice = .auto }, body: hi),
        Case(
            rule: "older models take OpenAPI's subset", model: "gemini-2.0-flash",
            change: {
                $0.tools = [
                    Tool(
                        name: "f",
                        parameters: raw(
                            #"{"type":"object","properties":{"x":{"type":["string","null"],"minimum":1,"multipleOf":2}}}"#
                        ))
                ]
            },
            body: hi + #","tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"object","properties":"#
                + #"{"x":{"type":"string","minimum":1,"nullable":true}}}}]}]"#,
            warnings: ["gemini/gemini-2.0-flash does not take multipleOf in the schema of tool f: it was left out"]),
    ]

    static let formatCases = [
        Case(
            rule: "JSON mode", change: { $0.responseFormat = .json },
            body: hi + #","generationConfig":{"responseMimeType":"application/json"}"#),
        Case(
            rule: "a schema",
            change: { $0.responseFormat = .schema(name: "n", schema: raw(#"{"type":"OBJECT"}"#), strict: true) },
            body: hi + #","generationConfig":{"responseMimeType":"application/json","#
                + #""responseJsonSchema":{"type":"object"}}"#),
        Case(
            rule: "a schema for an older model", model: "gemini-2.0-flash",
            change: {
                $0.responseFormat = .schema(
                    name: "n", schema: raw(#"{"type":"object","additionalProperties":false}"#), strict: true)
            },
            body: hi
                + #","generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"object"}}"#),
        Case(
            rule: "Gemini 3 takes a schema beside tools", model: "gemini-3-flash-preview",
            change: { request in
                request.responseFormat = .json
                request.tools = [Tool(name: "g")]
            },
            body: hi + #","tools":[{"functionDeclarations":[{"name":"g"}]}],"#
                + #""generationConfig":{"responseMimeType":"application/json"}"#),
    ]

    private static func thinking(
        _ model: String, _ reasoning: Reasoning, _ config: String, _ warnings: [String] = []
    ) -> Case {
        Case(
            rule: "\(model) \(reasoning)", model: model, change: { $0.reasoning = reasoning },
            body: hi + (config.isEmpty ? "" : #","generationConfig":{"thinkingConfig":{\#(config)}}"#),
            warnings: warnings.map { "gemini/\(model) \($0)" })
    }

    static let thinkingCases: [Case] = {
        let shown = #""includeThoughts":true"#
        let none = ["does not take reasoning: it was left out"]
        return [
            thinking("gemini-2.5-flash", Reasoning(), shown),
            thinking("gemini-2.5-flash", Reasoning(effort: .low, isIncluded: false), #""thinkingBudget":1024"#),
            thinking("gemini-2.5-flash", Reasoning(effort: .minimal), shown + #","thinkingBudget":512"#),
            thinking("gemini-2.5-pro", Reasoning(effort: .medium), shown + #","thinkingBudget":4096"#),
            thinking(
                "gemini-2.5-pro", Reasoning(effort: .high, budgetTokens: 2000), shown + #","thinkingBudget":2000"#),
            thinking("gemini-2.5-flash-lite", Reasoning(effort: .high), shown + #","thinkingBudget":24576"#),
            thinking("gemini-2.5-flash", Reasoning(budgetTokens: 0), shown + #","thinkingBudget":0"#),
            thinking(
                "gemini-2.5-pro", Reasoning(budgetTokens: 0), shown + #","thinkingBudget":128"#,
                ["takes a thinking budget of 128 to 32768 tokens: 0 became 128"]),
            thinking(
                "gemini-2.5-flash-lite", Reasoning(budgetTokens: 50_000), shown + #","thinkingBudget":24576"#,
                ["takes a thinking budget of 512 to 24576 tokens: 50000 became 24576"]),
            thinking("gemini-3-pro-preview", Reasoning(effort: .medium), shown + #","thinkingLevel":"HIGH""#),
            thinking("gemini-3.1-pro-preview", Reasoning(effort: .medium), shown + #","thinkingLevel":"MEDIUM""#),
            thinking("gemini-3.1-pro-preview", Reasoning(effort: .minimal), shown + #","thinkingLevel":"LOW""#),
            thinking("gemini-3.6-flash", Reasoning(effort: .minimal), shown + #","thinkingLevel":"MINIMAL""#),
            thinking("gemini-3.5-flash-lite", Reasoning(effort: .minimal), shown + #","thinkingLevel":"MINIMAL""#),
            thinking("gemini-3.8-flash", Reasoning(effort: .minimal), shown + #","thinkingLevel":"LOW""#),
            thinking("gemini-4-argon", Reasoning(effort: .high), shown + #","thinkingLevel":"HIGH""#),
            thinking("gemini-flash-latest", Reasoning(effort: .minimal), shown + #","thinkingLevel":"LOW""#),
            thinking(
                "gemini-3.8-flash", Reasoning(budgetTokens: 5000), shown + #","thinkingLevel":"MEDIUM""#,
                ["takes a reasoning effort instead of budget_tokens: the nearest was sent"]),
            thinking("gemini-2.0-flash", Reasoning(effort: .low), "", none),
            thinking("gemini-2.5-flash-image", Reasoning(effort: .low), "", none),
            thinking("gemma-4-31b-it", Reasoning(effort: .low), "", none),
            thinking("gemini-robotics-er-2-preview", Reasoning(effort: .low), "", none),
        ]
    }()

    static let optionCases = [
        Case(
            rule: "provider options are merged, and those of generationConfig into ours",
            change: { request in
                request.sampling.maxTokens = 5
                request.sampling.topK = 3
                request.providerOptions["gemini"] = raw(
                    #"{"cachedContent":"c/1","generationConfig":{"topK":7,"mediaResolution":"MEDIA_RESOLUTION_LOW"}}"#)
            },
            body: hi + #","generationConfig":{"maxOutputTokens":5,"topK":7,"mediaResolution":"MEDIA_RESOLUTION_LOW"},"#
                + #""cachedContent":"c/1""#),
        Case(
            rule: "options of other providers stay out",
            change: { $0.providerOptions["openai"] = raw(#"{"store":true}"#) }, body: hi),
    ]

    @Test("a request has this body", arguments: cases + GeminiConversationCases.all)
    func body(example: Case) throws {
        var request = Request(messages: example.messages)
        example.change(&request)
        let encoded = try GeminiAdapter.testing().encode(request, model: example.model, isStream: example.isStream)
        #expect(String(decoding: encoded.http.body, as: UTF8.self) == "{\(example.body)}")
        #expect(encoded.warnings == example.warnings)
        // Every body is JSON.
        try JSONReader.read(encoded.http.body) { (reader) throws(JSONError) in
            try reader.skip()
            try reader.end()
        }
    }

    struct Refusal: CustomTestStringConvertible {
        let rule: String
        var model = "gemini-2.5-flash"
        var messages = [Message(.user, [.text("Hi")])]
        var change: @Sendable (inout Request) -> Void = { _ in }
        var code = ErrorCode.capabilityMissing
        let message: String

        var testDescription: String { rule }
    }

    private static func schema(_ json: String) -> @Sendable (inout Request) -> Void {
        { $0.responseFormat = .schema(name: "n", schema: raw(json), strict: true) }
    }

    private static let call = Message(.assistant, [], toolCalls: [ToolCall(id: "1", name: "f", arguments: "{}")])

    static let refusals = [
        Refusal(
            rule: "tools of an image model", model: "gemini-3-pro-image", change: { $0.tools = [Tool(name: "g")] },
            message: "gemini/gemini-3-pro-image takes no tools"),
        Refusal(
            rule: "JSON of a speech model", model: "gemini-2.5-flash-preview-tts",
            change: { $0.responseFormat = .json }, message: "gemini/gemini-2.5-flash-preview-tts answers in text only"),
        Refusal(
            rule: "a schema beside tools before Gemini 3",
            change: { request in
                request.responseFormat = .json
                request.tools = [Tool(name: "g")]
            }, message: "gemini/gemini-2.5-flash takes tools or response_format, not both"),
        Refusal(
            rule: "a schema that excludes", change: schema(#"{"not":{}}"#),
            message: "gemini/gemini-2.5-flash does not support not in the schema of response_format"),
        Refusal(
            rule: "a recursion for an older model", model: "gemini-2.0-flash",
            change: schema(##"{"properties":{"a":{"$ref":"#"}}}"##),
            message: "gemini/gemini-2.0-flash does not support recursive $ref in the schema of response_format"),
        Refusal(
            rule: "a schema that is none", change: schema("[]"), code: .badRequest,
            message: "the schema of response_format is not a JSON Schema"),
        Refusal(
            rule: "a choice of no tool",
            change: { request in
                request.tools = [Tool(name: "g")]
                request.toolChoice = .named("h")
            }, code: .badRequest, message: "tool_choice names h, which is not among the tools"),
        Refusal(
            rule: "a call without its result", messages: [call, Message(.user, [.text("so?")])], code: .badRequest,
            message: "tool call 1 has no tool message after it, which gemini/gemini-2.5-flash refuses"),
        Refusal(
            rule: "a call at the end", messages: [call], code: .badRequest,
            message: "tool call 1 has no tool message after it, which gemini/gemini-2.5-flash refuses"),
        Refusal(
            rule: "a result without its call", messages: [call, Message(.tool, [.text("x")], toolCallID: "2")],
            code: .badRequest,
            message: "the tool message for call 2 follows no such call, which gemini/gemini-2.5-flash refuses"),
        Refusal(
            rule: "a second result",
            messages: [
                call, Message(.tool, [.text("x")], toolCallID: "1"), Message(.tool, [.text("x")], toolCallID: "1"),
            ], code: .badRequest,
            message: "the tool message for call 1 follows no such call, which gemini/gemini-2.5-flash refuses"),
        Refusal(
            rule: "an answer begun", model: "gemini-3.6-flash",
            messages: [Message(.user, [.text("a")]), Message(.assistant, [.text("b")])],
            message: "gemini/gemini-3.6-flash does not continue an assistant message"),
        Refusal(
            rule: "an image of any server for an older model", model: "gemini-2.0-flash",
            messages: [Message(.user, [.imageURL("https://e.com/a.png")])],
            message: "gemini/gemini-2.0-flash takes no image or document by this URL"),
        Refusal(
            rule: "a plaintext URL", messages: [Message(.user, [.imageURL("http://e.com/a.png")])],
            message: "gemini/gemini-2.5-flash takes no image or document by this URL"),
        Refusal(
            rule: "Google's storage outside Vertex",
            messages: [Message(.user, [.document(Document(.url("gs://b/a.pdf")))])],
            message: "gemini/gemini-2.5-flash takes no image or document by this URL"),
        Refusal(
            rule: "an image in the instructions",
            messages: [Message(.system, [.imageData(mediaType: "image/png", base64: "AAAA")])],
            message: "gemini/gemini-2.5-flash takes no images or documents of this kind in a system message"),
        Refusal(
            rule: "an image in a result before Gemini 3",
            messages: [call, Message(.tool, [.imageData(mediaType: "image/png", base64: "AAAA")], toolCallID: "1")],
            message: "gemini/gemini-2.5-flash takes no images or documents of this kind in a tool message"),
        Refusal(
            rule: "options that are no object", change: { $0.providerOptions["gemini"] = raw("[1]") },
            code: .invalidRequest, message: "provider_options.gemini must be a JSON object"),
    ]

    @Test("a request that cannot be honoured is refused before anything is sent", arguments: refusals)
    func refusal(example: Refusal) throws {
        var request = Request(messages: example.messages)
        example.change(&request)
        let error = #expect(throws: UltraError.self) {
            try GeminiAdapter.testing().encode(request, model: example.model, isStream: true)
        }
        #expect(error?.code == example.code)
        #expect(error?.message == example.message)
        #expect(error?.isRetryable == false)
    }

    @Test("the key is in a header and nowhere else")
    func key() throws {
        let request = Request(messages: [Message(.user, [.text("Hi")])])
        let adapter = GeminiAdapter(
            endpoint: try Endpoint("https://generativelanguage.googleapis.com", versionPath: "/v1beta"),
            key: Secret("k"))
        let http = try adapter.encode(request, model: "gemini-2.5-flash", isStream: true).http
        #expect(http.method == .post)
        #expect(
            http.url == "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash"
                + ":streamGenerateContent?alt=sse")
        #expect(
            http.headers == [
                HTTPHeader("x-goog-api-key", "k"), HTTPHeader("Content-Type", "application/json"),
                HTTPHeader("Accept", "text/event-stream"),
            ])
        let list = adapter.listRequest(page: "a b/c")
        #expect(list.url == "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000&pageToken=a%20b%2Fc")
        #expect(list.headers.first == HTTPHeader("x-goog-api-key", "k"))
        #expect(GeminiAdapter.testing().listRequest(page: nil).headers == [HTTPHeader("Accept", "application/json")])
    }

    @Test("Vertex AI has its own path for models, and takes files of Google Cloud Storage")
    func vertex() throws {
        let adapter = GeminiAdapter(
            endpoint: try Endpoint(
                "https://aiplatform.googleapis.com/v1beta1/publishers/google", versionPath: "/v1beta"),
            key: Secret("k"))
        let request = Request(messages: [Message(.user, [.document(Document(.url("gs://b/a.pdf")))])])
        let http = try adapter.encode(request, model: "gemini-2.5-flash", isStream: false).http
        #expect(
            http.url
                == "https://aiplatform.googleapis.com/v1beta1/publishers/google/models/gemini-2.5-flash:generateContent"
        )
        #expect(
            String(decoding: http.body, as: UTF8.self) == #"{"contents":[{"role":"user","parts":["#
                + #"{"fileData":{"mimeType":"application/pdf","fileUri":"gs://b/a.pdf"}}]}]}"#)
    }

    @Test(
        "a model's name stays in its place in the path",
        arguments: [
            ("gemini-2.5-pro", "models/gemini-2.5-pro"), ("models/gemini-2.5-pro", "models/gemini-2.5-pro"),
            ("tunedModels/a-1", "tunedModels/a-1"), ("../x?key=1#", "models/..%2Fx%3Fkey%3D1%23"),
            ("é", "models/%C3%A9"),
        ])
    func resource(model: String, path: String) {
        #expect(GeminiAdapter.resource(model) == path)
    }

    @Test("texts to embed are sent in one batch, each with its model and purpose")
    func embed() throws {
        var request = EmbedRequest(input: ["a", "b"])
        request.purpose = .query
        request.dimensions = 768
        request.providerOptions["gemini"] = Self.raw(#"{"title":"t"}"#)
        let encoded = try GeminiAdapter.testing().encodeEmbed(request, model: "gemini-embedding-001")
        let each = [#""a""#, #""b""#].map { text in
            #"{"model":"models/gemini-embedding-001","content":{"parts":[{"text":\#(text)}]},"#
                + #""taskType":"RETRIEVAL_QUERY","outputDimensionality":768,"title":"t"}"#
        }
        #expect(
            String(decoding: encoded.http.body, as: UTF8.self) == #"{"requests":[\#(each.joined(separator: ","))]}"#)
        #expect(encoded.http.url == "https://api.example.com/v1/models/gemini-embedding-001:batchEmbedContents")
        #expect(
            encoded.warnings
                == ["gemini/gemini-embedding-001 gives vectors of 768 dimensions that are not normalised"])
        #expect(GeminiAdapter.testing().embedBatchLimit == 100)
    }

    @Test("vectors keep their order, and the usage its count")
    func embedded() throws {
        let json = #"{"embeddings":[{"values":[1, 2e-3]},{"values":[3,4]}],"usageMetadata":{"promptTokenCount":7}}"#
        let found = try JSONReader.read(Array(json.utf8)) { (reader) throws(JSONError) in
            try GeminiAdapter.testing().decodeEmbeddings(&reader)
        }
        #expect(found.vectors == [Self.raw("[1,2e-3]"), Self.raw("[3,4]")])
        #expect(found.dimensions == 2)
        #expect(found.inputTokens == 7)
    }
}
