package import UltraAPI

extension GeminiAdapter {
    package func constraints(of model: String) -> RequestConstraints { Self.constraints }

    private static let constraints: RequestConstraints = {
        var constraints = RequestConstraints()
        constraints.toolNames = NameRule(.wordAndDash, first: .letterOrUnderscore, length: 1...64)
        // `GeminiSchema` rewrites the schemas.
        constraints.toolSchemas = .none
        constraints.refusesRepeatedKeys = true
        return constraints
    }()

    package func write(
        _ request: Request, model: String, isStream: Bool, _ facts: WireFacts
    ) throws(UltraError) -> EncodedRequest {
        let rules = GeminiRules.of(model)
        let name = "\(provider)/\(model)"
        var omitted = Omissions(provider, model, refused: rules.refused)
        let conversation = try conversation(request, rules, name)
        let functions = try functions(request, rules, &omitted)
        let options = GeminiOptions(request.providerOptions[provider], provider: provider)
        let generation = try generationConfig(request, options, rules, isStream: isStream, facts, &omitted)

        var body = try RequestBody(options.top, provider: provider, facts)
        if !conversation.system.isEmpty {
            body.member("systemInstruction") { json in
                json.beginObject()
                json.key("parts")
                json.contentsOfText(conversation.system)
                json.endObject()
            }
        }
        body.member("contents") { $0.contents(conversation.contents) }
        if !functions.isEmpty {
            body.member("tools") { Self.tools(functions, &$0) }
            toolConfig(request.toolChoice, &body)
        }
        if let generation { body.member("generationConfig") { $0.raw(generation) } }

        let http = call(
            model, isStream ? "streamGenerateContent?alt=sse" : "generateContent", body: body.finish(),
            accept: isStream ? "text/event-stream" : "application/json")
        return EncodedRequest(http, warnings: omitted.warnings)
    }

    func missing(_ sentence: String, hint: String, _ model: String) -> UltraError {
        UltraError(.capabilityMissing, "\(model) \(sentence)", hint: hint, provider: provider, model: model)
    }

    private func conversation(
        _ request: Request, _ rules: GeminiRules, _ model: String
    ) throws(UltraError) -> GeminiConversation {
        do throws(GeminiConversation.Flaw) {
            return try GeminiConversation(request.messages, rules: rules, isVertex: isVertex)
        } catch {
            switch error {
            case .callWithoutResult(let id):
                throw malformed("tool call \(id) has no tool message after it", model)
            case .resultWithoutCall(let id):
                throw malformed("the tool message for call \(id) follows no such call", model)
            case .endsWithModelTurn:
                throw missing(
                    "does not continue an assistant message", hint: "end the conversation with a user message", model)
            case .mediaOutsideUserMessage(let role):
                throw missing(
                    "takes no images or documents of this kind in a \(role.rawValue) message",
                    hint: "put them into a user message", model)
            case .urlRefused:
                throw missing("takes no image or document by this URL", hint: "send it as data", model)
            }
        }
    }

    private func malformed(_ sentence: String, _ model: String) -> UltraError {
        UltraError(
            .badRequest, "\(sentence), which \(model) refuses", field: "messages", provider: provider, model: model)
    }
}

// MARK: - Tools

extension GeminiAdapter {
    private struct Function {
        var tool: Tool
        var parameters: RawJSON?
        var form: GeminiSchema.Form
    }

    private func functions(
        _ request: Request, _ rules: GeminiRules, _ omitted: inout Omissions
    ) throws(UltraError) -> [Function] {
        guard !request.tools.isEmpty else { return [] }
        guard rules.takesTools else {
            throw missing("takes no tools", hint: "choose a model with tools", omitted.model)
        }
        var functions: [Function] = []
        for tool in request.tools {
            var function = Function(tool: tool, form: rules.takesJSONSchema ? .jsonSchema : .openAPI)
            if let parameters = tool.parameters {
                function.parameters = try schema(
                    parameters, of: "tool \(tool.name)", function.form, unlessEmpty: true, &omitted)
            }
            functions.append(function)
        }
        // The default needs no warning.
        _ = omitted.accepted(.parallelToolCalls, request.parallelToolCalls, default: true)
        if case .named(let name)? = request.toolChoice, !request.tools.contains(where: { $0.name == name }) {
            throw UltraError(
                .badRequest, "tool_choice names \(name), which is not among the tools", field: "tool_choice",
                provider: provider, model: omitted.model)
        }
        return functions
    }

    /// Rewrites `schema` for the model; nil if it is to be left out.
    func schema(
        _ schema: RawJSON, of owner: String, _ form: GeminiSchema.Form, unlessEmpty: Bool = false,
        _ omitted: inout Omissions
    ) throws(UltraError) -> RawJSON? {
        do throws(GeminiSchema.Flaw) {
            if unlessEmpty, try GeminiSchema.isEmpty(schema) { return nil }
            var rewriting = GeminiSchema(form)
            let result = try rewriting.rewrite(schema)
            if !rewriting.dropped.isEmpty {
                let words = rewriting.dropped.joined(separator: ", ")
                omitted.warn("\(omitted.model) does not take \(words) in the schema of \(owner): it was left out")
            }
            return result
        } catch {
            switch error {
            case .notASchema:
                throw UltraError(
                    .badRequest, "the schema of \(owner) is not a JSON Schema", provider: provider, model: omitted.model
                )
            case .unsupported(let what):
                throw missing(
                    "does not support \(what) in the schema of \(owner)", hint: "simplify the schema", omitted.model)
            }
        }
    }

    /// Writes all functions as one tool.
    private static func tools(_ functions: [Function], _ json: inout JSONWriter) {
        json.beginArray()
        json.beginObject()
        json.key("functionDeclarations")
        json.beginArray()
        for function in functions {
            json.beginObject()
            json.field("name", function.tool.name)
            json.fieldIfPresent("description", function.tool.description)
            switch function.form {
            case .jsonSchema: json.fieldIfPresent("parametersJsonSchema", function.parameters)
            case .openAPI: json.fieldIfPresent("parameters", function.parameters)
            }
            json.endObject()
        }
        json.endArray()
        json.endObject()
        json.endArray()
    }

    private func toolConfig(_ choice: ToolChoice?, _ body: inout RequestBody) {
        guard let choice else { return }
        body.member("toolConfig") { json in
            json.beginObject()
            json.key("functionCallingConfig")
            json.beginObject()
            switch choice {
            case .auto: json.field("mode", "AUTO")
            case .none: json.field("mode", "NONE")
            case .required: json.field("mode", "ANY")
            case .named(let name):
                json.field("mode", "ANY")
                json.key("allowedFunctionNames")
                json.beginArray()
                json.string(name)
                json.endArray()
            }
            json.endObject()
            json.endObject()
        }
    }
}

extension JSONWriter {
    /// Writes `parts` with a single text.
    mutating func contentsOfText(_ text: String) {
        beginArray()
        beginObject()
        field("text", text)
        endObject()
        endArray()
    }
}
