package import UltraAPI

/// A request of Anthropic's Messages API, translated, and the form of the answer that its client expects.
///
/// Members without a translation are dropped with a warning, or refused if they would change the shape of the answer.
package struct MessagesRequest: DialectRequest, Equatable {
    package var request: Request
    package var isStream = false
    /// True if `thinking.display` is `omitted`: blocks of thinking then have a signature but no text.
    var omitsThinking = false
    package var warnings: [String] = []

    package init(_ body: [UInt8]) throws(UltraError) {
        var reading = try RequestBody.read(body) { (fields) throws(UltraError) in
            var reading = MessagesReading()
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

    package func writer(_ origin: AnswerOrigin) -> MessagesWriter {
        MessagesWriter(origin, omitsThinking: omitsThinking)
    }

    /// The answer to `count_tokens`, an estimate.
    package var tokenCount: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("input_tokens", TokenEstimate.input(request))
        json.endObject()
        return json.bytes
    }
}

/// Collects the members of a request in any order.
private struct MessagesReading {
    private var request = Request(messages: [])
    private var system: [Part] = []
    private var content = MessagesContent()
    private var hasMessages = false
    private var isStream = false
    private var thinking = MessagesThinking()
    private var effort: EffortWord?
    private var tools = MessagesTools()
    private var warnings = RequestWarnings()

    mutating func member(_ key: JSONKey, _ fields: inout RequestFields) throws(UltraError) {
        guard try !fields.skipNull() else { return }
        switch key {
        case "model": request.model = try fields.name("the name of a model", .modelBytes)
        case "system": system = try MessagesContent.system(&fields)
        case "messages":
            hasMessages = true
            try content.read(&fields, &warnings)
        case "stream": isStream = try fields.bool()
        case "tools", "tool_choice": try tools.member(key, &fields, &warnings)
        case "thinking": thinking = try MessagesThinking(&fields)
        case "output_config":
            try fields.object { (fields, key) throws(UltraError) in
                guard try !fields.skipNull() else { return }
                switch key {
                case "effort": effort = try EffortWord(&fields)
                case "format": request.responseFormat = try ResponseFormat(messages: &fields)
                default: try leaveOut("output_config.\(String(key))", &fields)
                }
            }
        case "output_format": request.responseFormat = try ResponseFormat(messages: &fields)
        case "max_tokens": request.sampling.maxTokens = try fields.int(1...10_000_000)
        case "temperature": request.sampling.temperature = try fields.number(0...2)
        case "top_p": request.sampling.topP = try fields.number(0...1)
        case "top_k": request.sampling.topK = try fields.int(1...1_000_000)
        case "stop_sequences":
            request.sampling.stop = try fields.names("an array of texts", .stop, "a text that is not empty", nil)
        case "container": throw fields.cannotBeHad("container cannot be had", hint: "leave it out")
        case "mcp_servers":
            try fields.array { (fields, _) throws(UltraError) in
                throw fields.cannotBeHad("ultrad calls no MCP servers", hint: "declare their tools in tools")
            }
        case "service_tier" where try fields.isNext(.string):
            if try fields.string() != "auto" { warnings.leftOut("service_tier") }
        case "speed" where try fields.isNext(.string):
            if try fields.string() != "standard" { warnings.leftOut("speed") }
        default: try leaveOut(String(key), &fields)
        }
    }

    private mutating func leaveOut(_ member: String, _ fields: inout RequestFields) throws(UltraError) {
        warnings.leftOut(member)
        try fields.skip()
    }

    mutating func finish() throws(UltraError) -> MessagesRequest {
        guard hasMessages else {
            throw UltraError(
                .invalidRequest, "messages is missing", hint: "send at least one message", field: "messages")
        }
        request.messages = content.messages
        if !system.isEmpty { request.messages.insert(Message(.system, system), at: 0) }
        request.reasoning = thinking.reasoning(effort, &warnings)
        try tools.finish(&request, named: content.referencedTools, &warnings)
        var found = MessagesRequest(request)
        found.isStream = isStream
        found.omitsThinking = thinking.isTextOmitted
        found.warnings = warnings.sentences
        return found
    }
}

/// The member `thinking`: `{"type":"enabled","budget_tokens"}`, `{"type":"adaptive"}` or `{"type":"disabled"}`.
private struct MessagesThinking {
    private enum Kind: String, CaseIterable {
        case enabled, adaptive, disabled
        case betweenTools = "between_tools"
    }

    private var kind: Kind?
    private var budget: Int?
    private(set) var isTextOmitted = false

    init() {}

    init(_ fields: inout RequestFields) throws(UltraError) {
        try fields.object("an object with type") { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "type": kind = try fields.choice(Kind.allCases)
            case "budget_tokens": budget = try fields.int(0...10_000_000)
            case "display": isTextOmitted = try fields.string() == "omitted"
            default: try fields.skip()
            }
        }
        guard kind != nil else {
            throw fields.expected(#"one of "enabled", "adaptive", "disabled""#, at: "type")
        }
    }

    /// - Parameter effort: `output_config.effort`.
    func reasoning(_ effort: EffortWord?, _ warnings: inout RequestWarnings) -> Reasoning? {
        if let sentence = effort?.warning("output_config.effort") { warnings.add(sentence) }
        switch kind {
        case nil: return effort?.reasoning
        case .enabled?: return Reasoning(effort: effort?.effort, budgetTokens: budget)
        case .adaptive?, .betweenTools?: return Reasoning(effort: effort?.effort ?? .medium)
        case .disabled?:
            warnings.add("thinking disabled was left out: the model reasons as it does by default")
            return nil
        }
    }
}

extension ResponseFormat {
    /// Reads `{"type":"json_schema","schema"}`.
    fileprivate init(messages fields: inout RequestFields) throws(UltraError) {
        var type: String?
        var schema: RawJSON?
        try fields.object("an object with type and schema") { (fields, key) throws(UltraError) in
            switch key {
            case "type": type = try fields.string()
            case "schema": schema = try fields.schema()
            default: try fields.skip()
            }
        }
        guard type == "json_schema" else { throw fields.expected(#""json_schema""#, at: "type") }
        guard let schema else { throw fields.expected("a JSON Schema object", at: "schema") }
        self = .schema(name: "answer", schema: schema, strict: true)
    }
}
