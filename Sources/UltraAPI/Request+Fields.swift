extension Request {
    /// Reads the fields of a `generate` or `stream` frame.
    /// - Throws: `invalid_request` that names the first invalid field.
    package init(_ frame: RequestFrame) throws(UltraError) {
        self = try frame.fields { (fields) throws(UltraError) in try Request.read(&fields) }
    }

    private static func read(_ fields: inout RequestFields) throws(UltraError) -> Request {
        var request = Request(messages: [])
        var prompt: String?
        var system: String?
        var hasMessages = false
        try fields.object { (fields, key) throws(UltraError) in
            switch key {
            case "prompt": prompt = try fields.string()
            case "system": system = try fields.string()
            case "messages":
                hasMessages = true
                var callCount = 0
                try fields.array("an array of messages", .messages) { (fields, _) throws(UltraError) in
                    let message = try Message(&fields)
                    callCount += message.toolCalls.count
                    guard callCount <= RequestBound.toolCalls.most else {
                        throw RequestBound.toolCalls.exceeded(at: "\(fields.placeOfValue).tool_calls")
                    }
                    request.messages.append(message)
                }
                if request.messages.isEmpty { throw fields.expected("an array of at least one message") }
            default: try request.read(key, &fields)
            }
        }
        if let prompt {
            guard !hasMessages else {
                throw UltraError(
                    .invalidRequest, "give either prompt or messages, not both",
                    hint: "prompt is short for one user message", field: "prompt")
            }
            request.messages = [Message(.user, [.text(prompt)])]
        }
        guard !request.messages.isEmpty else {
            throw UltraError(.invalidRequest, "prompt or messages is missing", field: "prompt")
        }
        if let system { request.messages.insert(Message(.system, [.text(system)]), at: 0) }
        if request.toolChoice != nil, request.toolChoice != ToolChoice.none, request.tools.isEmpty {
            throw UltraError(.invalidRequest, "tool_choice needs tools to choose from", field: "tool_choice")
        }
        if case .named(let name) = request.toolChoice, !request.tools.contains(where: { $0.name == name }) {
            throw UltraError(.invalidRequest, "tool_choice must name one of the tools", field: "tool_choice")
        }
        return request
    }

    private mutating func read(_ key: JSONKey, _ fields: inout RequestFields) throws(UltraError) {
        switch key {
        case "model": model = try fields.name("the name of a model", .modelBytes)
        case "max_tokens": sampling.maxTokens = try fields.int(1...10_000_000)
        case "temperature": sampling.temperature = try fields.number(0...2)
        case "top_p": sampling.topP = try fields.number(0...1)
        case "top_k": sampling.topK = try fields.int(1...1_000_000)
        case "stop":
            let what = "a string that is not empty, or an array of them"
            sampling.stop =
                try fields.isNext(.string)
                ? [fields.name(what)] : fields.names(what, .stop, "a string that is not empty", nil)
        case "seed": sampling.seed = try fields.int(Int.min...Int.max)
        case "frequency_penalty": sampling.frequencyPenalty = try fields.number(-2...2)
        case "presence_penalty": sampling.presencePenalty = try fields.number(-2...2)
        case "tools":
            try fields.array("an array of tools", .tools) { (fields, _) throws(UltraError) in
                tools.append(try Tool(&fields))
            }
        case "tool_choice": toolChoice = try ToolChoice(&fields)
        case "parallel_tool_calls": parallelToolCalls = try fields.bool()
        case "response_format": responseFormat = try ResponseFormat(&fields)
        case "reasoning": reasoning = try Reasoning(&fields)
        case "cache": cache = try fields.choice([.default, .off, .refresh])
        case "fallback":
            if try fields.isNext(.bool) {
                fallback = try fields.bool() ? .configured : Fallback.none
            } else {
                let models = try fields.names(
                    "true, false or an array of models", .fallback, "the name of a model", .modelBytes)
                fallback = models.isEmpty ? Fallback.none : .models(models)
            }
        case "fallback_mid_stream":
            guard try fields.string("\"restart\"") == "restart" else { throw fields.expected("\"restart\"") }
            restartsMidStream = true
        case "timeouts_ms": timeouts = try Timeouts(&fields)
        case "tags": tags = try fields.names("an array of labels", .tags, "a label", .tagBytes)
        case "provider_options": providerOptions = try fields.providerOptions()
        case "progress": wantsProgress = try fields.bool()
        default: try fields.skip()
        }
    }
}

extension Timeouts {
    init(_ fields: inout RequestFields) throws(UltraError) {
        self.init()
        let range = 1...RequestFrame.maxTimeoutMilliseconds
        try fields.object { (fields, key) throws(UltraError) in
            switch key {
            case "connect": connect = try fields.int(range)
            case "first_token": firstToken = try fields.int(range)
            case "idle": idle = try fields.int(range)
            case "total": total = try fields.int(range)
            default: try fields.skip()
            }
        }
    }
}

extension Reasoning {
    fileprivate init(_ fields: inout RequestFields) throws(UltraError) {
        self.init()
        try fields.object { (fields, key) throws(UltraError) in
            switch key {
            case "effort": effort = try fields.choice([.minimal, .low, .medium, .high])
            case "budget_tokens": budgetTokens = try fields.int(0...10_000_000)
            case "include": isIncluded = try fields.bool()
            default: try fields.skip()
            }
        }
    }
}

extension ResponseFormat {
    fileprivate init(_ fields: inout RequestFields) throws(UltraError) {
        let what = "\"text\", \"json\" or an object with name and schema"
        if try fields.isNext(.string) {
            switch try fields.string() {
            case "text": self = .text
            case "json": self = .json
            default: throw fields.expected(what)
            }
            return
        }
        var name: String?
        var schema: RawJSON?
        var isStrict = false
        try fields.object(what) { (fields, key) throws(UltraError) in
            switch key {
            case "name":
                name = try fields.string()
                try fields.check(name ?? "", .toolNameBytes)
            case "schema": schema = try fields.schema()
            case "strict": isStrict = try fields.bool()
            default: try fields.skip()
            }
        }
        guard let schema else { throw fields.expected("a JSON Schema object", at: "schema") }
        self = .schema(name: name ?? "answer", schema: schema, strict: isStrict)
    }
}

extension ToolChoice {
    fileprivate init(_ fields: inout RequestFields) throws(UltraError) {
        let what = "\"auto\", \"none\", \"required\" or {\"name\":…}"
        if try fields.isNext(.string) {
            switch try fields.string() {
            case "auto": self = .auto
            case "none": self = .none
            case "required": self = .required
            default: throw fields.expected(what)
            }
            return
        }
        var name: String?
        try fields.object(what) { (fields, key) throws(UltraError) in
            switch key {
            case "name":
                name = try fields.string()
                try fields.check(name ?? "", .toolNameBytes)
            default: try fields.skip()
            }
        }
        guard let name else { throw fields.expected("the name of a tool", at: "name") }
        self = .named(name)
    }
}

extension Tool {
    fileprivate init(_ fields: inout RequestFields) throws(UltraError) {
        self.init(name: "")
        try fields.object("a tool: {\"name\",\"description\",\"parameters\"}") { (fields, key) throws(UltraError) in
            switch key {
            case "name":
                name = try fields.string()
                try fields.check(name, .toolNameBytes)
            case "description": description = try fields.string()
            case "parameters": parameters = try fields.schema()
            default: try fields.skip()
            }
        }
        if name.isEmpty { throw fields.expected("the name of a function", at: "name") }
    }
}
