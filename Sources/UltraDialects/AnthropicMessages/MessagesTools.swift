internal import UltraAPI

/// Tools of a Messages request and the choice among them.
struct MessagesTools {
    private var tools: [Tool] = []
    /// Tools with `defer_loading`, which are passed on once a `tool_reference` names them.
    private var deferred: [Tool] = []
    private var choice: ToolSelection?
    private var isParallel: Bool?

    mutating func member(
        _ key: JSONKey, _ fields: inout RequestFields, _ warnings: inout RequestWarnings
    ) throws(UltraError) {
        switch key {
        case "tools":
            try fields.array("an array of tools", .tools) { (fields, _) throws(UltraError) in
                try tool(&fields, &warnings)
            }
        default: try readChoice(&fields)
        }
    }

    /// Reads `{"name","description","input_schema"}`. A tool with a `type` of its own has no schema: Anthropic's server
    /// or the client's vendor defines it, so that other models do not know it.
    private mutating func tool(_ fields: inout RequestFields, _ warnings: inout RequestWarnings) throws(UltraError) {
        var tool = Tool(name: "")
        var type = "custom"
        var isDeferred = false
        try fields.object("a tool: {\"name\",\"input_schema\"}") { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "type": type = try fields.string()
            case "name": tool.name = try fields.name("the name of a tool", .toolNameBytes)
            case "description": tool.description = try fields.string()
            case "input_schema": tool.parameters = try fields.schema()
            case "defer_loading": isDeferred = try fields.bool()
            case "cache_control":
                warnings.add("cache_control of a tool was left out: it cannot be translated")
                try fields.skip()
            default: try fields.skip()
            }
        }
        guard !tool.name.isEmpty || type != "custom" else { throw fields.expected("the name of a tool", at: "name") }
        guard tool.parameters != nil else {
            guard type != "custom" else { throw fields.expected("a JSON Schema object", at: "input_schema") }
            return warnings.add("a tool that has a type and no input_schema was left out: ultrad runs no tools")
        }
        if isDeferred { deferred.append(tool) } else { tools.append(tool) }
    }

    private mutating func readChoice(_ fields: inout RequestFields) throws(UltraError) {
        var type: String?
        var name: String?
        try fields.object(#"an object with type"#) { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "type": type = try fields.string()
            case "name": name = try fields.name("the name of a tool", .toolNameBytes)
            case "disable_parallel_tool_use": isParallel = try fields.bool() ? false : nil
            default: try fields.skip()
            }
        }
        switch type {
        case "auto": choice = .one(.auto)
        case "any": choice = .one(.required)
        case "none": choice = .one(.none)
        case "tool":
            guard let name else { throw fields.expected("the name of a tool", at: "name") }
            choice = .one(.named(name))
        default: throw fields.expected(#"one of "auto", "any", "tool", "none""#, at: "type")
        }
    }

    /// Sets the tools of `request` and the choice among them.
    ///
    /// - Parameter references: Names of deferred tools that the conversation refers to.
    func finish(
        _ request: inout Request, named references: Set<String>, _ warnings: inout RequestWarnings
    ) throws(UltraError) {
        request.tools = tools + deferred.filter { references.contains($0.name) }
        request.parallelToolCalls = isParallel
        try ToolSelection.apply(choice, member: "tool_choice", to: &request, &warnings)
    }
}
