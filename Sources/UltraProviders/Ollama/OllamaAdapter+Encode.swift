package import UltraAPI

extension OllamaAdapter {
    package func constraints(of model: String) -> RequestConstraints { Self.constraints }

    private static let constraints: RequestConstraints = {
        var constraints = RequestConstraints()
        constraints.toolSchemas.isRequired = true
        return constraints
    }()

    package func write(
        _ request: Request, model: String, isStream: Bool, _ facts: WireFacts
    ) throws(UltraError) -> EncodedRequest {
        var omitted = Omissions(provider, model, refused: [.parallelToolCalls])
        let window = OllamaWindow(request, facts)
        try window.check(omitted.model, provider: provider)
        let asked = facts.omitted.contains("num_ctx") ? nil : window.tokens
        let options = try OllamaOptions(request, provider: provider, window: asked, facts)
        var body = try RequestBody(options.providerOptions, provider: provider, facts)
        body.member("model", model)
        let messages = try messages(request.messages, model)
        body.member("messages") { $0.raw(messages) }
        tools(request, &body, &omitted)
        switch request.responseFormat {
        case .text: break
        case .json: body.member("format", "json")
        case .schema(_, let schema, _): body.member("format") { $0.raw(schema) }
        }
        think(request.reasoning, model, &body, &omitted)
        if let merged = options.merged { body.member("options") { $0.raw(merged) } }
        // The default is true.
        body.member("stream", isStream)
        let accept = isStream ? "application/x-ndjson" : "application/json"
        var encoded = EncodedRequest(call("/api/chat", accept: accept, body.finish()), warnings: omitted.warnings)
        encoded.contextWindow = asked
        return encoded
    }

    /// Writes the tools. The API has no `tool_choice`: for `none` the tools are left out, and a named tool is sent
    /// alone.
    private func tools(_ request: Request, _ body: inout RequestBody, _ omitted: inout Omissions) {
        guard !request.tools.isEmpty else { return }
        var tools = request.tools
        switch request.toolChoice {
        case nil, .auto?: break
        case ToolChoice.none?: return
        case .required?:
            omitted.warn("\(omitted.model) cannot be forced to call a tool: it may answer with text")
        case .named(let name)?:
            tools = tools.filter { $0.name == name }
            omitted.warn("\(omitted.model) cannot be forced to call \(name): it is the only tool offered")
        }
        body.member("tools") { json in
            json.beginArray()
            for tool in tools { write(tool, &json) }
            json.endArray()
        }
        _ = omitted.accepted(.parallelToolCalls, request.parallelToolCalls, default: true)
    }

    private func write(_ tool: Tool, _ json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "function")
        json.key("function")
        json.beginObject()
        json.field("name", tool.name)
        json.fieldIfPresent("description", tool.description)
        json.fieldIfPresent("parameters", tool.parameters)
        json.endObject()
        json.endObject()
    }

    /// Writes `think`. Only gpt-oss has levels on every server. Other thinking models think by default, and models that
    /// cannot think refuse the member, so it is not sent to them.
    private func think(
        _ reasoning: Reasoning?, _ model: String, _ body: inout RequestBody, _ omitted: inout Omissions
    ) {
        guard let reasoning else { return }
        if reasoning.budgetTokens != nil {
            omitted.warn("\(omitted.model) takes no budget_tokens for its reasoning: it was left out")
        }
        guard let effort = reasoning.effort else { return }
        if model.lowercased().holds("gpt-oss") {
            body.member("think", effort == .minimal ? Reasoning.Effort.low.rawValue : effort.rawValue)
        } else {
            omitted.warn(
                "\(omitted.model) takes no reasoning effort: it was left out; provider_options.\(provider).think turns "
                    + "reasoning on or off")
        }
    }
}

/// The `options` of a request: its sampling parameters, overridden by `options` in `provider_options`.
private struct OllamaOptions {
    /// The options to write; nil if there are none, or if they are in `providerOptions`.
    let merged: RawJSON?
    /// The request's `provider_options`, in which `options` includes the sampling parameters.
    let providerOptions: [String: RawJSON]

    /// - Parameter window: the value of `num_ctx`.
    init(_ request: Request, provider: String, window: Int?, _ facts: WireFacts) throws(UltraError) {
        guard let given = request.providerOptions[provider], let own = Self.options(of: given) else {
            var ours = try RequestBody([:], provider: provider, facts)
            let isEmpty = Self.write(request.sampling, window, to: &ours)
            merged = isEmpty ? nil : RawJSON(validated: ours.finish())
            providerOptions = request.providerOptions
            return
        }
        let name = "\(provider).options"
        var both = try RequestBody([name: own], provider: name, facts)
        _ = Self.write(request.sampling, window, to: &both)
        var outer = try RequestBody([:], provider: provider)
        outer.member("options") { $0.raw(RawJSON(validated: both.finish())) }
        var options = request.providerOptions
        options[provider] = Self.replacing(given, RawJSON(validated: outer.finish()))
        merged = nil
        providerOptions = options
    }

    /// Writes the sampling parameters. Returns true if there were none.
    private static func write(_ sampling: Sampling, _ window: Int?, to body: inout RequestBody) -> Bool {
        body.member("num_ctx", window)
        body.member("num_predict", sampling.maxTokens)
        body.member("temperature", sampling.temperature)
        body.member("top_p", sampling.topP)
        body.member("top_k", sampling.topK)
        body.member("stop", sampling.stop)
        body.member("seed", sampling.seed)
        body.member("frequency_penalty", sampling.frequencyPenalty)
        body.member("presence_penalty", sampling.presencePenalty)
        return window == nil && sampling == Sampling()
    }

    /// The member `options`; nil if there is none, or if `object` is not an object, which `RequestBody` refuses.
    private static func options(of object: RawJSON) -> RawJSON? {
        members(object).last { $0.name == "options" }?.value
    }

    /// Returns `object` with its members replaced by those of `other` with the same name.
    private static func replacing(_ object: RawJSON, _ other: RawJSON) -> RawJSON {
        let theirs = members(other)
        var json = JSONWriter()
        json.beginObject()
        for member in members(object).filter({ mine in !theirs.contains { $0.name == mine.name } }) + theirs {
            json.key(member.name)
            json.raw(member.value)
        }
        json.endObject()
        return RawJSON(validated: json.bytes)
    }

    private static func members(_ object: RawJSON) -> [(name: String, value: RawJSON)] {
        var members: [(name: String, value: RawJSON)] = []
        do throws(JSONError) {
            try JSONReader.read(object.bytes) { (reader) throws(JSONError) in
                try reader.beginObject()
                while let key = try reader.nextKey() { members.append((String(key), try reader.rawJSON())) }
            }
        } catch {
            // `RequestBody` refuses JSON that is not an object.
            return []
        }
        return members
    }
}

/// Encoding of the `messages` array: `content` is one string, `images` is beside it, and arguments are objects.
extension OllamaAdapter {
    func messages(_ messages: [Message], _ model: String) throws(UltraError) -> RawJSON {
        var json = JSONWriter()
        var names: [String: String] = [:]
        json.beginArray()
        for message in messages {
            for call in message.toolCalls { names[call.id] = call.name }
            json.beginObject()
            json.field("role", message.role.rawValue)
            json.field("content", message.parts.compactMap(\.textOrNil).joined(separator: "\n"))
            try images(of: message, model, &json)
            if message.role == .assistant { assistant(message, &json) }
            if let id = message.toolCallID {
                // Templates use the name; newer servers accept the id too.
                json.fieldIfPresent("tool_name", names[id])
                json.field("tool_call_id", id)
            }
            json.endObject()
        }
        json.endArray()
        return RawJSON(validated: json.bytes)
    }

    private func images(of message: Message, _ model: String, _ json: inout JSONWriter) throws(UltraError) {
        var images: [String] = []
        for part in message.parts {
            switch part {
            case .text, .reasoning, .cacheMarker:
                break
            case .imageData(let mediaType, let base64):
                guard ["image/png", "image/jpeg", "image/webp"].contains(mediaType) else {
                    throw refusal(
                        .capabilityMissing, model, "takes images as PNG, JPEG or WebP only", hint: "convert the image")
                }
                images.append(base64)
            case .imageURL:
                throw refusal(
                    .capabilityMissing, model, "takes images only as data: Ollama does not download URLs",
                    hint: "send the image itself, as media_type and data")
            case .document:
                throw refusal(
                    .capabilityMissing, model, "takes no documents",
                    hint: "send the document's text, or its pages as images")
            }
        }
        guard !images.isEmpty else { return }
        json.key("images")
        json.beginArray()
        for image in images { json.string(image) }
        json.endArray()
    }

    private func assistant(_ message: Message, _ json: inout JSONWriter) {
        let thinking = message.parts.compactMap { part -> String? in
            if case .reasoning(let text, _) = part { text } else { nil }
        }.joined()
        if !thinking.isEmpty { json.field("thinking", thinking) }
        guard !message.toolCalls.isEmpty else { return }
        json.key("tool_calls")
        json.beginArray()
        for call in message.toolCalls {
            json.beginObject()
            json.field("id", call.id)
            json.key("function")
            json.beginObject()
            json.field("name", call.name)
            json.field("arguments", call.object)
            json.endObject()
            json.endObject()
        }
        json.endArray()
    }
}
