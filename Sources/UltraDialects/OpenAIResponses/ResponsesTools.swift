internal import UltraAPI

/// The form in which the client expects tool calls.
struct ResponsesCallForm: Sendable, Equatable {
    /// Names of tools with `"type":"custom"`, which take plain text.
    var customTools: Set<String> = []
    /// Namespace and name of each function in a namespace, by the name that is sent to providers.
    var namespaces: [String: ResponsesNames] = [:]
    /// The function with a name, if the namespace is left out; nil: several namespaces have one.
    var bareNames: [String: ResponsesNames?] = [:]
    /// Names of functions without a namespace.
    var functions: Set<String> = []

    /// Namespace and name of a call; nil: the function is in no namespace. Models sometimes leave the namespace out.
    func split(_ name: String) -> ResponsesNames? {
        if let names = namespaces[name] { return names }
        return functions.contains(name) ? nil : bareNames[name] ?? nil
    }
}

/// A function in a namespace, as Codex declares those of MCP servers.
struct ResponsesNames: Sendable, Equatable {
    let namespace: String
    let name: String

    /// The maximum length of a name in bytes that every provider accepts.
    private static let most = 64

    /// `NAMESPACE__NAME`, the name that is sent to providers; a longer one is cut and ends in a hash.
    static func flat(_ namespace: String?, _ name: String) -> String {
        guard let namespace else { return name }
        let whole = namespace + "__" + name
        guard whole.utf8.count > most else { return whole }
        // FNV-1a: the same in every process, so that calls of earlier turns keep their names.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in whole.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 36)
        return String(decoding: whole.utf8.prefix(most - digits.utf8.count - 1), as: UTF8.self) + "_" + digits
    }
}

/// Tools of a Responses request and the choice among them.
struct ResponsesTools {
    private(set) var form = ResponsesCallForm()
    private var tools: [Tool] = []
    private var choice: ToolSelection?

    mutating func member(
        _ key: JSONKey, _ fields: inout RequestFields, _ warnings: inout RequestWarnings
    ) throws(UltraError) {
        switch key {
        case "tools":
            try fields.array("an array of tools", .tools) { (fields, _) throws(UltraError) in
                try tool(in: nil, &fields, &warnings)
            }
        default: choice = try Self.choice(&fields)
        }
    }

    private mutating func tool(
        in namespace: String?, _ fields: inout RequestFields, _ warnings: inout RequestWarnings
    ) throws(UltraError) {
        var tool = Tool(name: "")
        var type: String?
        var grammar: String?
        // Members come in any order, so the namespace's tools are read once its name is known.
        var inner: RequestFields?
        try fields.object("a tool: {\"type\",\"name\"}") { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "type": type = try fields.string()
            case "name": tool.name = try fields.name("the name of a tool", .toolNameBytes)
            case "description": tool.description = try fields.string()
            case "parameters" where try fields.isNext(.object): tool.parameters = try fields.schema()
            case "format" where try fields.isNext(.object): grammar = try Tool.grammar(&fields)
            case "tools" where namespace == nil:
                inner = fields
                try fields.skip()
            default: try fields.skip()
            }
        }
        if type == "function" || type == "custom" || type == "namespace", tool.name.isEmpty {
            throw fields.expected("the name of a tool", at: "name")
        }
        switch type {
        case "function": add(tool, in: namespace)
        case "custom" where namespace == nil:
            tool.parameters = CustomTool.parameters
            tool.add(grammar: grammar)
            form.customTools.insert(tool.name)
            tools.append(tool)
        case "namespace" where namespace == nil:
            guard var inner else { throw fields.expected("an array of tools", at: "tools") }
            try inner.array("an array of tools", .tools) { (fields, _) throws(UltraError) in
                try self.tool(in: tool.name, &fields, &warnings)
            }
        case "local_shell", "shell":
            add(Tool(name: type ?? "", description: Self.shell, parameters: Self.command), in: nil)
        case nil: throw fields.expected("the type of a tool", at: "type")
        default: warnings.add("a tool that is neither a function nor custom was left out: ultrad runs no tools")
        }
        guard tools.count <= RequestBound.tools.most else { throw RequestBound.tools.exceeded(at: fields.placeOfValue) }
    }

    private mutating func add(_ tool: Tool, in namespace: String?) {
        guard let namespace else {
            form.functions.insert(tool.name)
            return tools.append(tool)
        }
        var tool = tool
        let names = ResponsesNames(namespace: namespace, name: tool.name)
        // A second namespace makes the bare name ambiguous.
        form.bareNames[tool.name] = form.bareNames.keys.contains(tool.name) ? .some(nil) : names
        tool.name = ResponsesNames.flat(namespace, tool.name)
        form.namespaces[tool.name] = names
        tools.append(tool)
    }

    private static let shell = "Runs a command on the user's machine"
    private static let command = RawJSON(
        validated: Array(
            #"{"type":"object","properties":{"command":{"type":"array","items":{"type":"string"}},"workdir":{"type":"string"},"timeout_ms":{"type":"integer"}},"required":["command"]}"#
                .utf8))

    private static func choice(_ fields: inout RequestFields) throws(UltraError) -> ToolSelection {
        if try fields.isNext(.string) {
            switch try fields.string() {
            case "auto": return .one(.auto)
            case "none": return .one(.none)
            case "required": return .one(.required)
            default: throw fields.expected(#""auto", "none", "required" or an object"#)
            }
        }
        var type: String?
        var name: String?
        var namespace: String?
        var isRequired = false
        var names: Set<String> = []
        try fields.object { (fields, key) throws(UltraError) in
            switch key {
            case "type": type = try fields.string()
            case "name": name = try fields.name("the name of a tool", .toolNameBytes)
            case "namespace" where try fields.isNext(.string): namespace = try fields.string()
            case "mode": isRequired = try fields.string() == "required"
            case "tools":
                try fields.array("an array of tools", .tools) { (fields, _) throws(UltraError) in
                    try fields.object { (fields, key) throws(UltraError) in
                        switch key {
                        case "name": names.insert(try fields.name("the name of a tool", .toolNameBytes))
                        default: try fields.skip()
                        }
                    }
                }
            default: try fields.skip()
            }
        }
        switch type {
        case "function", "custom":
            guard let name else { throw fields.expected("the name of a tool", at: "name") }
            return .one(.named(ResponsesNames.flat(namespace, name)))
        case "allowed_tools": return .among(names, isRequired: isRequired)
        default: return .unknown
        }
    }

    func finish(_ request: inout Request, _ warnings: inout RequestWarnings) throws(UltraError) {
        request.tools = tools
        try ToolSelection.apply(choice, member: "tool_choice", to: &request, &warnings)
    }
}
