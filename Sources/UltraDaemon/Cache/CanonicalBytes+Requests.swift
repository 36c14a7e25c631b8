internal import UltraAPI

/// The parts of a request that decide its answer, in a fixed order; not tags, timeouts, progress and fallbacks.
extension CanonicalBytes {
    /// Raised when the bytes of a request change, so that answers kept by an older daemon are not found.
    private static let version: UInt8 = 1

    mutating func request(_ request: Request, _ scope: CacheScope) {
        begin("generate", scope)
        list(request.messages) { $0.message($1) }
        sampling(request.sampling)
        list(request.tools) { bytes, tool in
            bytes.string(tool.name)
            bytes.optional(tool.description) { $0.string($1) }
            bytes.optional(tool.parameters) { $0.json($1) }
        }
        optional(request.toolChoice) { $0.toolChoice($1) }
        optional(request.parallelToolCalls) { $0.bool($1) }
        responseFormat(request.responseFormat)
        optional(request.reasoning) { bytes, reasoning in
            bytes.optional(reasoning.effort) { $0.string($1.rawValue) }
            bytes.optional(reasoning.budgetTokens) { $0.int($1) }
            bytes.bool(reasoning.isIncluded)
        }
        providerOptions(request.providerOptions, scope)
    }

    mutating func request(_ request: EmbedRequest, _ scope: CacheScope) {
        begin("embed", scope)
        list(request.input) { $0.string($1) }
        optional(request.dimensions) { $0.int($1) }
        optional(request.purpose) { $0.string($1.rawValue) }
        providerOptions(request.providerOptions, scope)
    }

    /// The parts that must also be equal for two requests to share one upstream request.
    mutating func sharing(_ request: Request, timeoutMilliseconds: Int?) {
        switch request.fallback {
        case .configured: tag(0)
        case .none: tag(1)
        case .models(let names):
            tag(2)
            list(names) { $0.string($1) }
        }
        bool(request.restartsMidStream)
        timeouts(request.timeouts, timeoutMilliseconds)
    }

    mutating func timeouts(_ timeouts: Timeouts, _ timeoutMilliseconds: Int?) {
        for time in [timeouts.connect, timeouts.firstToken, timeouts.idle, timeouts.total, timeoutMilliseconds] {
            optional(time) { $0.int($1) }
        }
    }

    private mutating func begin(_ operation: String, _ scope: CacheScope) {
        tag(Self.version)
        string(operation)
        optional(scope.uid) { $0.int(Int($1)) }
        list(scope.models) { bytes, model in
            bytes.string(model.id)
            bytes.string(model.endpoint)
            bytes.bool(model.isMock)
        }
    }

    // MARK: - Parts of a request

    private mutating func message(_ message: Message) {
        string(message.role.rawValue)
        list(message.parts) { $0.part($1) }
        list(message.toolCalls) { bytes, call in
            bytes.string(call.id)
            bytes.string(call.name)
            bytes.string(call.arguments)
            bytes.optional(call.signature) { $0.string($1) }
        }
        // Only if present, so that answers kept before there was such a part are found.
        if !message.callPlaces.isEmpty { list(message.callPlaces) { $0.int($1) } }
        optional(message.toolCallID) { $0.string($1) }
    }

    private mutating func part(_ part: Part) {
        switch part {
        case .text(let text):
            tag(0)
            string(text)
        case .imageURL(let url):
            tag(1)
            string(url)
        case .imageData(let mediaType, let base64):
            tag(2)
            string(mediaType)
            string(base64)
        case .document(let document):
            tag(3)
            optional(document.name) { $0.string($1) }
            switch document.source {
            case .url(let url):
                tag(0)
                string(url)
            case .data(let mediaType, let base64):
                tag(1)
                string(mediaType)
                string(base64)
            }
        case .reasoning(let text, let signature):
            tag(4)
            string(text)
            optional(signature) { $0.string($1) }
        case .cacheMarker(let marker):
            tag(5)
            json(marker, sortsMembers: true)
        }
    }

    private mutating func sampling(_ sampling: Sampling) {
        for number in [sampling.maxTokens, sampling.topK, sampling.seed] { optional(number) { $0.int($1) } }
        for number in [sampling.temperature, sampling.topP, sampling.frequencyPenalty, sampling.presencePenalty] {
            optional(number) { $0.double($1) }
        }
        list(sampling.stop) { $0.string($1) }
    }

    private mutating func toolChoice(_ choice: ToolChoice) {
        switch choice {
        case .auto: tag(0)
        case .none: tag(1)
        case .required: tag(2)
        case .named(let name):
            tag(3)
            string(name)
        }
    }

    private mutating func responseFormat(_ format: ResponseFormat) {
        switch format {
        case .text: tag(0)
        case .json: tag(1)
        case .schema(let name, let schema, let strict):
            tag(2)
            string(name)
            json(schema)
            bool(strict)
        }
    }

    /// The options of the providers that may answer, sorted by provider.
    private mutating func providerOptions(_ options: [String: RawJSON], _ scope: CacheScope) {
        guard !options.isEmpty else { return int(0) }
        // A mock in place of another provider reads its own options.
        let hasMock = scope.models.contains(where: \.isMock)
        let known = options.filter { id, _ in
            scope.models.contains { $0.provider == id } || hasMock && id == "mock"
        }
        list(known.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) { bytes, option in
            bytes.string(option.key)
            // They are merged into the provider's request body, where the order of members has no meaning.
            bytes.json(option.value, sortsMembers: true)
        }
    }
}
