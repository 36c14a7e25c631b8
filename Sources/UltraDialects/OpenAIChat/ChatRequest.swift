package import UltraAPI

/// A Chat Completions request, translated, and the form of the answer that its client expects.
///
/// Every member is translated, dropped with a warning, or refused with an error that names it: refused if it would change
/// the shape of the answer, dropped if it only tunes it (platform.openai.com/docs/api-reference/chat/create).
package struct ChatRequest: DialectRequest, Equatable {
    package var request: Request
    package var isStream = false
    /// `stream_options.include_usage`: usage is sent in a final chunk of its own.
    package var includesUsage = false
    package var calls = ChatCallForm()
    /// One sentence for each dropped part.
    package var warnings: [String] = []
    /// Members without a translation, for servers that speak Chat Completions themselves.
    var others = ChatOtherMembers()

    /// - Throws: `invalid_request` or `capability_missing`; `field` is the member, such as `messages[2].content`.
    package init(_ body: [UInt8]) throws(UltraError) {
        var reading = try RequestBody.read(body) { (fields) throws(UltraError) in
            var reading = ChatRequestReading()
            try fields.object("a JSON object") { (fields, key) throws(UltraError) in
                try reading.member(key, &fields)
            }
            return reading
        }
        self = try reading.finish()
    }

    fileprivate init(_ request: Request) {
        self.request = request
    }

    package mutating func passOn(to providers: [String]) {
        guard let members = others.json else { return }
        for provider in providers { request.providerOptions[provider] = members }
        others.providers = Set(providers)
    }

    package func warnings(of provider: String) -> [String] {
        guard others.providers.contains(provider) else { return warnings }
        return warnings.filter { !others.sentences.contains($0) }
    }

    package func writer(_ origin: AnswerOrigin) -> ChatStreamWriter {
        ChatStreamWriter(
            ChatAnswerOrigin(
                id: "chatcmpl-\(origin.number)", created: origin.seconds,
                estimatedInputTokens: origin.estimatedInputTokens, calls: calls),
            includesUsage: includesUsage)
    }
}

/// Members of a request without a translation, such as `chat_template_kwargs` of llama.cpp's server.
struct ChatOtherMembers: Sendable, Equatable {
    private var members: [String: RawJSON] = [:]
    /// The warnings that they were left out.
    private(set) var sentences: Set<String> = []
    /// The providers that get them.
    var providers: Set<String> = []

    /// - Parameter value: dropped for every provider if it would change what routing and accounting depend on.
    mutating func add(_ name: String, _ value: RawJSON, _ warnings: inout RequestWarnings) {
        warnings.leftOut(name)
        let alone = RawJSON.object { json in
            json.key(name)
            json.raw(value)
        }
        guard ProviderOptions.ownedMember(of: alone) == nil else { return }
        members[name] = value
        sentences.insert(RequestWarnings.leftOutSentence(name))
    }

    /// nil: there are none.
    var json: RawJSON? {
        guard !members.isEmpty else { return nil }
        return RawJSON.object { json in
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                json.key(name)
                json.raw(value)
            }
        }
    }
}

/// The form in which the client expects tool calls.
package struct ChatCallForm: Sendable, Equatable {
    /// Names of tools with `"type":"custom"`, which take plain text. Providers get them as functions with one string.
    package var customTools: Set<String> = []
    /// True if the request uses `functions`, the predecessor of `tools`; the answer then has `function_call`.
    package var isLegacy = false

    package init() {}
}

/// Collects the members of a request in any order.
struct ChatRequestReading {
    private var request = Request(messages: [])
    private var hasMessages = false
    private var isStream = false
    private var includesUsage = false
    private var maxTokens: Int?
    private var maxCompletionTokens: Int?
    private var effort: EffortWord?
    private var innerEffort: EffortWord?
    private var tools = ChatTools()
    private var others = ChatOtherMembers()
    private var warnings = RequestWarnings()

    mutating func member(_ key: JSONKey, _ fields: inout RequestFields) throws(UltraError) {
        guard try !fields.skipNull() else { return }
        switch key {
        case "model": request.model = try fields.name("the name of a model", .modelBytes)
        case "messages":
            hasMessages = true
            request.messages = try ChatMessages.read(&fields)
        case "stream": isStream = try fields.bool()
        case "stream_options":
            try fields.object { (fields, key) throws(UltraError) in
                switch key {
                case "include_usage": if try !fields.skipNull() { includesUsage = try fields.bool() }
                default: try fields.skip()
                }
            }
        case "tools", "functions", "tool_choice", "function_call":
            try tools.member(key, &fields, &warnings)
        case "parallel_tool_calls": request.parallelToolCalls = try fields.bool()
        case "response_format": request.responseFormat = try ResponseFormat(chat: &fields)
        case "reasoning_effort": effort = try EffortWord(&fields)
        case "reasoning":
            try fields.object { (fields, key) throws(UltraError) in
                guard try !fields.skipNull() else { return }
                switch key {
                case "effort": innerEffort = try EffortWord(&fields)
                default:
                    warnings.leftOut("reasoning.\(String(key))")
                    try fields.skip()
                }
            }
        default:
            guard try !sampling(key, &fields) else { return }
            try other(key, &fields)
        }
    }

    /// Returns false if `key` is no sampling parameter.
    private mutating func sampling(_ key: JSONKey, _ fields: inout RequestFields) throws(UltraError) -> Bool {
        switch key {
        case "max_completion_tokens": maxCompletionTokens = try fields.int(1...10_000_000)
        case "max_tokens": maxTokens = try fields.int(1...10_000_000)
        case "temperature": request.sampling.temperature = try fields.number(0...2)
        case "top_p": request.sampling.topP = try fields.number(0...1)
        case "top_k": request.sampling.topK = try fields.int(1...1_000_000)
        case "stop":
            let what = "a string that is not empty, or an array of them"
            request.sampling.stop =
                try fields.isNext(.string)
                ? [fields.name(what)] : fields.names(what, .stop, "a string that is not empty", nil)
        case "seed": request.sampling.seed = try fields.int(Int.min...Int.max)
        case "frequency_penalty": request.sampling.frequencyPenalty = try fields.number(-2...2)
        case "presence_penalty": request.sampling.presencePenalty = try fields.number(-2...2)
        default: return false
        }
        return true
    }

    /// Handles members without a translation.
    private mutating func other(_ key: JSONKey, _ fields: inout RequestFields) throws(UltraError) {
        switch key {
        case "n", "best_of":
            guard try fields.int(1...128) == 1 else {
                throw fields.cannotBeHad("\(fields.placeOfValue) above 1 cannot be had", hint: "send several requests")
            }
        case "logprobs":
            guard try fields.isNext(.number) ? fields.int(0...100) == 0 : !fields.bool() else {
                throw fields.cannotBeHad("logprobs cannot be had", hint: "leave it out")
            }
        case "top_logprobs":
            guard try fields.int(0...100) == 0 else {
                throw fields.cannotBeHad("top_logprobs cannot be had", hint: "leave it out")
            }
        case "modalities":
            try fields.array { (fields, _) throws(UltraError) in
                guard try fields.string() == "text" else {
                    throw fields.cannotBeHad("only the modality text can be had", hint: "leave modalities out")
                }
            }
        case "audio", "web_search_options", "suffix":
            throw fields.cannotBeHad("\(String(key)) cannot be had", hint: "leave it out")
        default:
            let value = try fields.rawValue()
            if try !fields.isDefault(of: key) { others.add(String(key), value, &warnings) }
        }
    }

    mutating func finish() throws(UltraError) -> ChatRequest {
        guard hasMessages else {
            throw UltraError(
                .invalidRequest, "messages is missing", hint: "send at least one message", field: "messages")
        }
        request.sampling.maxTokens = maxCompletionTokens ?? maxTokens
        if let effort = effort ?? innerEffort {
            request.reasoning = effort.reasoning
            if let sentence = effort.warning("reasoning_effort") { warnings.add(sentence) }
        }
        try tools.finish(&request, &warnings)
        var chat = ChatRequest(request)
        chat.isStream = isStream
        chat.includesUsage = isStream && includesUsage
        chat.calls = tools.form
        chat.others = others
        chat.warnings = warnings.sentences
        return chat
    }
}

extension RequestFields {
    /// Consumes the value of a member without a translation. Returns true if the value is the default.
    fileprivate mutating func isDefault(of key: JSONKey) throws(UltraError) -> Bool {
        switch key {
        case "store" where try isNext(.bool): return try !bool()
        case "service_tier" where try isNext(.string): return try ["auto", "default"].contains(string())
        case "logit_bias" where try isNext(.object), "metadata" where try isNext(.object):
            var isEmpty = true
            try object { (fields, _) throws(UltraError) in
                isEmpty = false
                try fields.skip()
            }
            return isEmpty
        default:
            try skip()
            return false
        }
    }
}

extension ResponseFormat {
    /// `{"type":"text"|"json_object"}` or `{"type":"json_schema","json_schema":{"name","schema","strict"}}`.
    fileprivate init(chat fields: inout RequestFields) throws(UltraError) {
        var type: String?
        var name: String?
        var schema: RawJSON?
        var isStrict = false
        try fields.object("an object with type") { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "type": type = try fields.string()
            case "json_schema":
                try fields.object { (fields, key) throws(UltraError) in
                    guard try !fields.skipNull() else { return }
                    switch key {
                    case "name": name = try fields.name("a name", .toolNameBytes)
                    case "schema": schema = try fields.schema()
                    case "strict": isStrict = try fields.bool()
                    default: try fields.skip()
                    }
                }
            default: try fields.skip()
            }
        }
        switch type {
        case "text": self = .text
        case "json_object": self = .json
        case "json_schema":
            guard let schema else { throw fields.expected("a JSON Schema object", at: "json_schema.schema") }
            self = .schema(name: name ?? "answer", schema: schema, strict: isStrict)
        default: throw fields.expected(#"one of "text", "json_object", "json_schema""#, at: "type")
        }
    }
}
