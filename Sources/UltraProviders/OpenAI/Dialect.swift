/// What differs between the servers that speak OpenAI's Chat Completions API.
///
/// The default is what the most servers take, so that one nobody has heard of needs no entry here.
package struct Dialect: Sendable, Equatable {
    package enum TokenLimit: Sendable {
        case maxTokens
        case maxCompletionTokens
    }

    package enum KeyHeader: Sendable {
        /// `Authorization: Bearer …`
        case bearer
        /// `api-key: …`
        case apiKey
    }

    /// How a wish to reason is told.
    package enum ReasoningField: Sendable {
        /// `"reasoning_effort":"low"`
        case effort
        /// `"reasoning":{"effort":"low","max_tokens":1024}`
        case object
        /// `"thinking":{"type":"enabled"}`, and the effort beside it.
        case thinking
    }

    /// Parameters refused for some models.
    package enum ModelFamily: Sendable {
        case any, openAI, xAI, groq
    }

    /// Documents in user messages.
    package enum Files: Sendable {
        case none
        /// PDF, as data.
        case pdf
        /// PDF, as data, and anything by URL.
        case pdfOrURL
        case any
    }

    package var tokenLimit = TokenLimit.maxTokens
    package var keyHeader = KeyHeader.bearer
    package var reasoning = ReasoningField.effort
    package var models = ModelFamily.any
    /// Parameters refused for every model.
    package var refused: ParameterSet = [.topK]
    /// Sends `stream_options`, without which most servers count no tokens of a stream.
    package var asksForUsage = true
    /// Pads stream chunks with random text unless told not to.
    package var obfuscates = false
    /// What every model of the server demands.
    var needs = RequestNeeds(chat: true)
    /// An assistant message has `content`, null where it has calls alone.
    var demandsContent = true
    /// A turn of calls is refused without the reasoning that led to them.
    var demandsReasoning = false
    /// Its details of reasoning go back to it as they came, `reasoning_details`.
    package var takesReasoningDetails = false
    /// Proof that goes with a call comes and goes as `extra_content.google.thought_signature`.
    package var signsCalls = false
    /// Takes text parts of a message as a list; others get one string.
    package var takesTextParts = false
    package var files = Files.none
    /// Refuses `{"type":"json_object"}`, or may; takes the schema of any object in its place.
    package var takesNoJSONMode = false
    /// Answers may begin with `<think>…</think>`.
    package var thinksInText = true
    /// Keeps what the Responses API is asked unless told not to.
    package var keepsResponses = true
    /// Gives reasoning of the Responses API encrypted, to be sent back, and summaries of it.
    package var encryptsReasoning = false
    /// Appended to an endpoint without a version.
    package var versionPath = "/v1"

    package init() {}
}

// MARK: - The servers we know

extension Dialect {
    package static let openAI = Dialect {
        $0.tokenLimit = .maxCompletionTokens
        $0.needs.callIDs = .openAI
        $0.needs.toolSchemas.isGiven = false
        $0.demandsContent = false
        $0.models = .openAI
        $0.obfuscates = true
        $0.takesTextParts = true
        $0.files = .pdf
        $0.thinksInText = false
        $0.encryptsReasoning = true
    }

    private static let azure = Dialect {
        $0.tokenLimit = .maxCompletionTokens
        $0.needs.callIDs = .openAI
        $0.needs.toolSchemas.isGiven = false
        $0.demandsContent = false
        $0.keyHeader = .apiKey
        $0.models = .openAI
        $0.takesTextParts = true
        $0.thinksInText = false
        $0.encryptsReasoning = true
        $0.versionPath = "/openai/v1"
    }

    private static let groq = Dialect {
        $0.demandsContent = false
        $0.tokenLimit = .maxCompletionTokens
        $0.models = .groq
        $0.refused = [.topK, .frequencyPenalty, .presencePenalty]
        $0.keepsResponses = false
        $0.versionPath = "/openai/v1"
    }

    private static let deepSeek = Dialect {
        $0.reasoning = .thinking
        $0.refused = [.topK, .jsonSchema]
        $0.demandsReasoning = true
        $0.needs.reasoning = .turnsWithCalls
    }

    private static let xAI = Dialect {
        $0.demandsContent = false
        $0.models = .xAI
        $0.encryptsReasoning = true
    }

    private static let openRouter = Dialect {
        $0.reasoning = .object
        $0.refused = []
        $0.takesReasoningDetails = true
        $0.needs.reasoning = .asWritten
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

    /// Google's own layer over Gemini.
    private static let google = Dialect {
        $0.demandsContent = false
        $0.signsCalls = true
        $0.versionPath = "/v1beta/openai"
    }

    private static let local = Dialect {
        $0.refused = []
        // LM Studio's words: must be 'json_schema' or 'text'.
        $0.takesNoJSONMode = true
    }

    /// By the end of the host's name.
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

    /// The dialect of a host known by name.
    package static func known(_ host: String) -> Dialect? {
        byHost.first { host.hasSuffix($0.suffix) }?.dialect
    }

    /// The dialect of any server at `host`: unknown private hosts are taken for vLLM, llama.cpp or LM Studio.
    package static func of(_ host: String) -> Dialect {
        known(host) ?? (Endpoint.isPrivate(host) ? local : Dialect())
    }

    /// Models that go on with the reasoning that led to calls, whoever serves them.
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
