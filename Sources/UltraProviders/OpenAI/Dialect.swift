/// The differences between servers that implement OpenAI's Chat Completions API.
///
/// The defaults suit most servers, so an unknown server needs no entry here.
package struct Dialect: Sendable, Equatable {
    /// The member of the request that limits the number of output tokens.
    package enum TokenLimit: Sendable {
        case maxTokens
        case maxCompletionTokens
    }

    /// The header field that carries the API key.
    package enum KeyHeader: Sendable {
        /// `Authorization: Bearer …`
        case bearer
        /// `api-key: …`
        case apiKey
    }

    /// The member of the request that asks for reasoning.
    package enum ReasoningField: Sendable {
        /// `"reasoning_effort":"low"`
        case effort
        /// `"reasoning":{"effort":"low","max_tokens":1024}`
        case object
        /// `"thinking":{"type":"enabled"}`, with `"reasoning_effort"` beside it.
        case thinking
    }

    /// The set of rules for what single models refuse; see `ModelRules`.
    package enum ModelFamily: Sendable {
        case any, openAI, xAI, groq
    }

    /// The documents that are accepted in user messages.
    package enum Files: Sendable {
        case none
        /// PDF only, as data.
        case pdf
        /// PDF as data, and any document by URL.
        case pdfOrURL
        case any
    }

    package var tokenLimit = TokenLimit.maxTokens
    package var keyHeader = KeyHeader.bearer
    package var reasoning = ReasoningField.effort
    package var models = ModelFamily.any
    /// Parameters that the server refuses for every model.
    package var refused: ParameterSet = [.topK]
    /// Send `stream_options`. Without it most servers report no usage for a stream.
    package var requestsUsage = true
    /// The server pads stream chunks with random text, unless `include_obfuscation` is false.
    package var obfuscates = false
    /// The server's constraints on requests, whatever the model.
    var constraints = RequestConstraints(chat: true)
    /// Assistant messages must have `content`: null if there are only tool calls.
    var requiresContent = true
    /// Tool calls of earlier turns are refused without the reasoning that led to them.
    var requiresReasoning = false
    /// `reasoning_details` of earlier turns are sent back unchanged.
    package var takesReasoningDetails = false
    /// The signature of a tool call is in `extra_content.google.thought_signature`, in both directions.
    package var signsCalls = false
    /// Text parts of a message may be an array. Other servers get one string.
    package var takesTextParts = false
    package var files = Files.none
    /// The server may refuse `{"type":"json_object"}`. It gets the schema of any object instead.
    package var lacksJSONMode = false
    /// The text of an answer may begin with `<think>…</think>`.
    package var hasThinkTags = true
    /// The server stores requests to the Responses API, unless `store` is false.
    package var storesResponses = true
    /// The Responses API returns summaries of reasoning, and encrypted reasoning to be sent back.
    package var encryptsReasoning = false
    /// Appended to an endpoint without a version segment.
    package var versionPath = "/v1"

    package init() {}
}

// MARK: - Known servers

extension Dialect {
    package static let openAI = Dialect {
        $0.tokenLimit = .maxCompletionTokens
        $0.constraints.callIDs = .openAI
        $0.constraints.toolSchemas.isRequired = false
        $0.requiresContent = false
        $0.models = .openAI
        $0.obfuscates = true
        $0.takesTextParts = true
        $0.files = .pdf
        $0.hasThinkTags = false
        $0.encryptsReasoning = true
    }

    private static let azure = Dialect {
        $0.tokenLimit = .maxCompletionTokens
        $0.constraints.callIDs = .openAI
        $0.constraints.toolSchemas.isRequired = false
        $0.requiresContent = false
        $0.keyHeader = .apiKey
        $0.models = .openAI
        $0.takesTextParts = true
        $0.hasThinkTags = false
        $0.encryptsReasoning = true
        $0.versionPath = "/openai/v1"
    }

    private static let groq = Dialect {
        $0.requiresContent = false
        $0.tokenLimit = .maxCompletionTokens
        $0.models = .groq
        $0.refused = [.topK, .frequencyPenalty, .presencePenalty]
        $0.storesResponses = false
        $0.versionPath = "/openai/v1"
    }

    private static let deepSeek = Dialect {
        $0.reasoning = .thinking
        $0.refused = [.topK, .jsonSchema]
        $0.requiresReasoning = true
        $0.constraints.reasoning = .turnsWithCalls
    }

    private static let xAI = Dialect {
        $0.requiresContent = false
        $0.models = .xAI
        $0.encryptsReasoning = true
    }

    private static let openRouter = Dialect {
        $0.reasoning = .object
        $0.refused = []
        $0.takesReasoningDetails = true
        $0.constraints.reasoning = .asWritten
        $0.files = .pdfOrURL
        $0.encryptsReasoning = true
        $0.versionPath = "/api/v1"
    }

    private static let together = Dialect {
        $0.refused = []
    }

    private static let fireworks = Dialect {
        $0.refused = []
        $0.versionPath = "/inference/v1"
    }

    /// Google's OpenAI-compatible API for Gemini.
    private static let google = Dialect {
        $0.requiresContent = false
        $0.signsCalls = true
        $0.versionPath = "/v1beta/openai"
    }

    private static let local = Dialect {
        $0.refused = []
        // LM Studio's error message: must be 'json_schema' or 'text'.
        $0.lacksJSONMode = true
    }

    /// Dialects by the end of the host name.
    private static let byHost: [(suffix: String, dialect: Dialect)] = [
        ("api.openai.com", .openAI),
        (".openai.azure.com", .azure),
        (".services.ai.azure.com", .azure),
        (".cognitiveservices.azure.com", .azure),
        ("api.groq.com", .groq),
        ("api.deepseek.com", .deepSeek),
        ("api.x.ai", .xAI),
        ("openrouter.ai", .openRouter),
        ("api.together.ai", .together),
        ("api.together.xyz", .together),
        ("api.fireworks.ai", .fireworks),
        ("generativelanguage.googleapis.com", .google),
    ]

    /// The dialect of a known host; nil for any other host.
    package static func known(_ host: String) -> Dialect? {
        byHost.first { host.hasSuffix($0.suffix) }?.dialect
    }

    /// The dialect of any host. An unknown private host is assumed to run vLLM, llama.cpp or LM Studio.
    package static func of(_ host: String) -> Dialect {
        known(host) ?? (Endpoint.isPrivate(host) ? local : Dialect())
    }

    /// True for model families that need the reasoning behind earlier tool calls, on any server.
    static func returnsReasoning(_ model: String) -> Bool {
        let model = model.lowercased()
        return reasoningFamilies.contains(where: model.holds)
    }

    private static let reasoningFamilies: [StaticString] = ["deepseek", "kimi", "glm-", "minimax-m", "mimo"]

    private init(_ change: (inout Dialect) -> Void) {
        self.init()
        change(&self)
    }
}
