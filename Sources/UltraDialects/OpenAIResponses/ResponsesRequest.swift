package import UltraAPI

/// A request of OpenAI's Responses API, translated, and the form of the answer that its client expects.
///
/// The door stores no responses: each request contains the whole input, reasoning included.
package struct ResponsesRequest: DialectRequest, Equatable {
    package var request: Request
    package var isStream = false
    var form = ResponsesForm()
    package var warnings: [String] = []

    package init(_ body: [UInt8]) throws(UltraError) {
        var reading = try RequestBody.read(body) { (fields) throws(UltraError) in
            var reading = ResponsesReading()
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

    package func writer(_ origin: AnswerOrigin) -> ResponsesWriter { ResponsesWriter(origin, form) }

    /// The answer to `/v1/responses/input_tokens`, an estimate.
    package var tokenCount: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("object", "response.input_tokens")
        json.field("input_tokens", TokenEstimate.input(request))
        json.endObject()
        return json.bytes
    }
}

/// The form of the answer: the request's members that it repeats, and the form of its calls.
struct ResponsesForm: Sendable, Equatable {
    /// Members that the answer repeats, as the client wrote them.
    var echo: [String: RawJSON] = [:]
    /// True if reasoning items have `encrypted_content`.
    var includesSignatures = false
    var calls = ResponsesCallForm()

    /// Names of the members that answers repeat.
    static let echoed: Set<String> = [
        "instructions", "tools", "tool_choice", "truncation", "parallel_tool_calls", "top_p", "temperature",
        "presence_penalty", "frequency_penalty", "reasoning", "max_output_tokens", "max_tool_calls", "metadata",
        "safety_identifier", "prompt_cache_key", "model",
    ]
}

/// Collects the members of a request in any order.
private struct ResponsesReading {
    private var request = Request(messages: [])
    private var input = ResponsesInput()
    private var instructions: String?
    private var isStream = false
    private var effort: EffortWord?
    private var tools = ResponsesTools()
    private var form = ResponsesForm()
    private var warnings = RequestWarnings()

    mutating func member(_ key: JSONKey, _ fields: inout RequestFields) throws(UltraError) {
        guard try !fields.skipNull() else { return }
        let name = String(key)
        if ResponsesForm.echoed.contains(name) { form.echo[name] = try fields.rawValue() }
        switch key {
        case "model": request.model = try fields.name("the name of a model", .modelBytes)
        case "input": try input.read(&fields, &warnings)
        case "instructions": instructions = try fields.string()
        case "stream": isStream = try fields.bool()
        case "tools", "tool_choice": try tools.member(key, &fields, &warnings)
        case "parallel_tool_calls": request.parallelToolCalls = try fields.bool()
        case "max_output_tokens": request.sampling.maxTokens = try fields.int(1...10_000_000)
        case "temperature": request.sampling.temperature = try fields.number(0...2)
        case "top_p": request.sampling.topP = try fields.number(0...1)
        case "presence_penalty": request.sampling.presencePenalty = try fields.number(-2...2)
        case "frequency_penalty": request.sampling.frequencyPenalty = try fields.number(-2...2)
        case "reasoning":
            try fields.object { (fields, key) throws(UltraError) in
                guard try !fields.skipNull() else { return }
                switch key {
                case "effort": effort = try EffortWord(&fields)
                // Reasoning that the provider returns is always included.
                default: try fields.skip()
                }
            }
        case "text": try text(&fields)
        case "include": try include(&fields)
        default: try other(key, &fields)
        }
    }

    /// Reads `{"format","verbosity"}`.
    private mutating func text(_ fields: inout RequestFields) throws(UltraError) {
        try fields.object { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "format":
                form.echo["format"] = try fields.rawValue()
                request.responseFormat = try ResponseFormat(responses: &fields)
            default:
                warnings.leftOut("text.\(String(key))")
                try fields.skip()
            }
        }
    }

    private mutating func include(_ fields: inout RequestFields) throws(UltraError) {
        try fields.array { (fields, _) throws(UltraError) in
            switch try fields.string() {
            case "reasoning.encrypted_content": form.includesSignatures = true
            case "message.output_text.logprobs":
                throw fields.cannotBeHad("logprobs cannot be had", hint: "leave it out")
            default: warnings.add("an element of include was left out: it cannot be translated")
            }
        }
    }

    /// Handles members without a translation.
    private mutating func other(_ key: JSONKey, _ fields: inout RequestFields) throws(UltraError) {
        switch key {
        case "previous_response_id", "conversation":
            throw fields.cannotBeHad("ultrad keeps no responses", hint: "send the whole input, and store false")
        case "prompt": throw fields.cannotBeHad("prompt templates cannot be had", hint: "send the text itself")
        case "background":
            guard try !fields.bool() else { throw fields.cannotBeHad("background cannot be had", hint: "use a stream") }
        case "top_logprobs":
            guard try fields.int(0...100) == 0 else {
                throw fields.cannotBeHad("top_logprobs cannot be had", hint: "leave it out")
            }
        case "store": if try fields.bool() { warnings.add("store was left out: ultrad keeps no responses") }
        case "truncation": if try fields.string() != "disabled" { warnings.leftOut("truncation") }
        case "service_tier": if try !["auto", "default"].contains(fields.string()) { warnings.leftOut("service_tier") }
        case "stream_options": try fields.skip()
        default:
            warnings.leftOut(String(key))
            try fields.skip()
        }
    }

    mutating func finish() throws(UltraError) -> ResponsesRequest {
        request.messages = try input.finish()
        if let instructions, !instructions.isEmpty {
            request.messages.insert(Message(.system, [.text(instructions)]), at: 0)
        }
        if let effort {
            request.reasoning = effort.reasoning
            if let sentence = effort.warning("reasoning.effort") { warnings.add(sentence) }
        }
        try tools.finish(&request, &warnings)
        var found = ResponsesRequest(request)
        found.isStream = isStream
        form.calls = tools.form
        found.form = form
        found.warnings = warnings.sentences
        return found
    }
}

extension ResponseFormat {
    /// Reads `{"type":"text"|"json_object"}` or `{"type":"json_schema","name","schema","strict"}`.
    fileprivate init(responses fields: inout RequestFields) throws(UltraError) {
        var type: String?
        var name: String?
        var schema: RawJSON?
        var isStrict = false
        try fields.object("an object with type") { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "type": type = try fields.string()
            case "name": name = try fields.name("a name", .toolNameBytes)
            case "schema": schema = try fields.schema()
            case "strict": isStrict = try fields.bool()
            default: try fields.skip()
            }
        }
        switch type {
        case "text": self = .text
        case "json_object": self = .json
        case "json_schema":
            guard let schema else { throw fields.expected("a JSON Schema object", at: "schema") }
            self = .schema(name: name ?? "answer", schema: schema, strict: isStrict)
        default: throw fields.expected(#"one of "text", "json_object", "json_schema""#, at: "type")
        }
    }
}
