internal import UltraAPI

/// Tools of a Chat Completions request and the choice among them; `functions` and `function_call` are their names of
/// before 2023-11.
struct ChatTools {
    private(set) var form = ChatCallForm()
    private var tools: [Tool] = []
    private var functions: [Tool] = []
    private var choice: ToolSelection?
    private var functionChoice: ToolSelection?

    mutating func member(
        _ key: JSONKey, _ fields: inout RequestFields, _ warnings: inout RequestWarnings
    ) throws(UltraError) {
        switch key {
        case "tools":
            try fields.array("an array of tools", .tools) { (fields, _) throws(UltraError) in
                try tool(&fields, &warnings)
            }
        case "functions":
            try fields.array("an array of functions", .tools) { (fields, _) throws(UltraError) in
                functions.append(try Tool(function: &fields))
            }
        case "tool_choice": choice = try Self.choice(&fields, isLegacy: false)
        default: functionChoice = try Self.choice(&fields, isLegacy: true)
        }
    }

    /// `{"type":"function","function":{…}}` or `{"type":"custom","custom":{…}}`. Tools that OpenAI's servers run are
    /// dropped, not refused, because some programs declare them to every server.
    private mutating func tool(_ fields: inout RequestFields, _ warnings: inout RequestWarnings) throws(UltraError) {
        var type: String?
        var function: Tool?
        var custom: Tool?
        try fields.object("a tool: {\"type\",\"function\"}") { (fields, key) throws(UltraError) in
            switch key {
            case "type": type = try fields.string()
            case "function" where try fields.isNext(.object): function = try Tool(function: &fields)
            case "custom" where try fields.isNext(.object): custom = try Tool(custom: &fields)
            default: try fields.skip()
            }
        }
        switch type ?? "function" {
        case "function":
            guard let function else { throw fields.expected("a function: {\"name\",…}", at: "function") }
            tools.append(function)
        case "custom":
            guard let custom else { throw fields.expected("a tool: {\"name\",…}", at: "custom") }
            form.customTools.insert(custom.name)
            tools.append(custom)
        default:
            warnings.add("a tool that is neither a function nor custom was left out: ultrad runs no tools")
        }
    }

    private static func choice(_ fields: inout RequestFields, isLegacy: Bool) throws(UltraError) -> ToolSelection {
        if try fields.isNext(.string) {
            switch try fields.string() {
            case "auto": return .one(.auto)
            case "none": return .one(.none)
            case "required" where !isLegacy: return .one(.required)
            default:
                throw fields.expected(
                    isLegacy ? #""auto", "none" or {"name"}"# : #""auto", "none", "required" or an object"#)
            }
        }
        var type: String?
        var name: String?
        var allowed: ToolSelection?
        try fields.object { (fields, key) throws(UltraError) in
            switch key {
            case "type": type = try fields.string()
            case "name" where isLegacy: name = try fields.string()
            case "function" where try fields.isNext(.object), "custom" where try fields.isNext(.object):
                name = try Self.name(&fields)
            case "allowed_tools" where try fields.isNext(.object): allowed = try Self.allowed(&fields)
            default: try fields.skip()
            }
        }
        switch type ?? "function" {
        case "function", "custom":
            guard let name else { throw fields.expected("the name of a tool", at: isLegacy ? "name" : "function.name") }
            return .one(.named(name))
        case "allowed_tools":
            guard let allowed else { throw fields.expected("an object with mode and tools", at: "allowed_tools") }
            return allowed
        default: return .unknown
        }
    }

    /// The member `name` of an object.
    private static func name(_ fields: inout RequestFields) throws(UltraError) -> String? {
        var name: String?
        try fields.object { (fields, key) throws(UltraError) in
            switch key {
            case "name": name = try fields.name("the name of a tool", .toolNameBytes)
            default: try fields.skip()
            }
        }
        return name
    }

    private static func allowed(_ fields: inout RequestFields) throws(UltraError) -> ToolSelection {
        var names: Set<String> = []
        var isRequired = false
        try fields.object { (fields, key) throws(UltraError) in
            switch key {
            case "mode":
                switch try fields.string() {
                case "auto": isRequired = false
                case "required": isRequired = true
                default: throw fields.expected(#""auto" or "required""#)
                }
            case "tools":
                try fields.array("an array of tools", .tools) { (fields, _) throws(UltraError) in
                    try fields.object { (fields, key) throws(UltraError) in
                        switch key {
                        case "function" where try fields.isNext(.object), "custom" where try fields.isNext(.object):
                            if let name = try Self.name(&fields) { names.insert(name) }
                        default: try fields.skip()
                        }
                    }
                }
            default: try fields.skip()
            }
        }
        return .among(names, isRequired: isRequired)
    }

    /// Sets the tools of `request` and the choice among them. A choice without tools is ignored.
    mutating func finish(_ request: inout Request, _ warnings: inout RequestWarnings) throws(UltraError) {
        form.isLegacy = tools.isEmpty && !functions.isEmpty
        request.tools = form.isLegacy ? functions : tools
        // `function_call` can hold one call only.
        if form.isLegacy { request.parallelToolCalls = false }
        try ToolSelection.apply(
            form.isLegacy ? functionChoice : choice, member: form.isLegacy ? "function_call" : "tool_choice",
            to: &request, &warnings)
    }
}

extension Tool {
    init(function fields: inout RequestFields) throws(UltraError) {
        self.init(name: "")
        try fields.object("a function: {\"name\",\"description\",\"parameters\"}") { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "name": name = try fields.name("the name of a function", .toolNameBytes)
            case "description": description = try fields.string()
            case "parameters": parameters = try fields.schema()
            default: try fields.skip()
            }
        }
        if name.isEmpty { throw fields.expected("the name of a function", at: "name") }
    }
}
