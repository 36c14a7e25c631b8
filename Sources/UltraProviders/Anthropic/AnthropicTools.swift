import UltraAPI

/// The tools of a request and the tool choice.
struct AnthropicTools {
    private var tools: [Tool]
    private var choice: ToolChoice?
    private let isParallel: Bool
    /// An instruction for models that cannot be forced to call a tool; nil if none is needed.
    private(set) var instruction: String?

    /// The model must call a tool.
    var forcesCall: Bool {
        switch choice {
        case .required, .named: true
        case .auto, .some(.none), nil: false
        }
    }

    init(
        _ request: Request, _ rules: ClaudeRules, _ conversation: AnthropicConversation, _ omitted: inout Omissions
    ) throws(UltraError) {
        tools = request.tools
        choice = request.toolChoice
        isParallel = request.parallelToolCalls ?? true
        if tools.isEmpty {
            // The API refuses calls in earlier turns unless the called tools are declared.
            tools = conversation.toolNames.map { Tool(name: $0) }
            choice = tools.isEmpty ? nil : ToolChoice.none
        }
        try check(omitted)
        guard forcesCall, !rules.takesForcedTools else { return }
        if case .named(let name)? = choice {
            instruction = "Call the tool \(name) now."
        } else {
            instruction = "Call at least one of the tools now."
        }
        choice = .auto
        omitted.warn("\(omitted.model) cannot be forced to call a tool: an instruction to call one was added")
    }

    private func check(_ omitted: Omissions) throws(UltraError) {
        var names: Set<String> = []
        for tool in tools {
            guard names.insert(tool.name).inserted else {
                throw refusal("does not take two tools with the same name", "tools", omitted)
            }
            if let parameters = tool.parameters, !Self.isObject(parameters) {
                throw refusal("takes only the schema of an object as a tool's parameters", "tools", omitted)
            }
        }
        if case .named(let name)? = choice, !names.contains(name) {
            throw refusal("cannot call \(name), which is not among the tools", "tool_choice", omitted)
        }
    }

    private func refusal(_ sentence: String, _ field: String, _ omitted: Omissions) -> UltraError {
        var error = omitted.badRequest("\(omitted.model) \(sentence)")
        error.field = field
        return error
    }

    func write(_ body: inout RequestBody) {
        guard !tools.isEmpty else { return }
        body.member("tools") { json in
            json.beginArray()
            for tool in tools { Self.write(tool, &json) }
            json.endArray()
        }
        // `disable_parallel_tool_use` is a member of the choice, so send the default `auto` to carry it. It is
        // meaningless with `none`.
        let choice = isParallel ? choice : choice ?? .auto
        guard let choice else { return }
        body.member("tool_choice") { json in
            json.beginObject()
            switch choice {
            case .auto: json.field("type", "auto")
            case .none: json.field("type", "none")
            case .required: json.field("type", "any")
            case .named(let name):
                json.field("type", "tool")
                json.field("name", name)
            }
            if !isParallel, choice != ToolChoice.none { json.field("disable_parallel_tool_use", true) }
            json.endObject()
        }
    }

    private static func write(_ tool: Tool, _ json: inout JSONWriter) {
        json.beginObject()
        json.field("name", tool.name)
        json.fieldIfPresent("description", tool.description)
        json.key("input_schema")
        // Tools that are known only from their calls have no schema.
        json.raw(tool.parameters ?? .noParameters)
        json.endObject()
    }

    /// True if the root of `schema` has the type `object`.
    private static func isObject(_ schema: RawJSON) -> Bool {
        let isObject = try? JSONReader.read(schema.bytes) { (reader) throws(JSONError) in
            var isObject = false
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "type": isObject = try reader.text() == "object"
                default: try reader.skip()
                }
            }
            return isObject
        }
        return isObject ?? false
    }
}
