internal import UltraAPI

/// Reads `messages` of an Ollama request. Calls may lack ids: a result then belongs to the call of its name, or to the
/// first open one.
struct OllamaMessages {
    private var messages: [Message] = []
    private var callCount = 0
    /// Calls without a result, in order.
    private var open: [(id: String, name: String)] = []

    private enum Role: String, CaseIterable {
        case system, user, assistant, tool
    }

    private struct Members {
        var role: Role?
        var content = ""
        var images: [Part] = []
        var thinking = ""
        var calls: [ToolCall] = []
        var toolName: String?
        var toolCallID: String?
    }

    static func read(
        _ fields: inout RequestFields, _ warnings: inout RequestWarnings
    ) throws(UltraError) -> [Message] {
        var reading = OllamaMessages()
        try fields.array("an array of messages", .messages) { (fields, _) throws(UltraError) in
            var members = Members()
            try fields.object("a message: {\"role\",\"content\"}") { (fields, key) throws(UltraError) in
                guard try !fields.skipNull() else { return }
                switch key {
                case "role": members.role = try fields.choice(Role.allCases)
                case "content": members.content = try fields.string()
                case "images": members.images = try images(&fields)
                case "thinking": members.thinking = try fields.string()
                case "tool_calls":
                    try fields.array("an array", .toolCalls) { (fields, _) throws(UltraError) in
                        members.calls.append(try ToolCall(ollama: &fields))
                    }
                case "tool_name", "name": members.toolName = try fields.string()
                case "tool_call_id": members.toolCallID = try fields.name("the id of a tool call", .callIDBytes)
                default: try fields.skip()
                }
            }
            try reading.add(members, fields, &warnings)
        }
        return reading.messages
    }

    /// Reads images, which are raw base64; some clients send data URLs. The daemon finds the media type by the content.
    static func images(_ fields: inout RequestFields) throws(UltraError) -> [Part] {
        var parts: [Part] = []
        try fields.array("an array of base64 texts") { (fields, _) throws(UltraError) in
            let text = try fields.string()
            if let url = DataURL(text) {
                parts.append(.imageData(mediaType: url.mediaType, base64: url.base64))
            } else {
                guard Base64.isValid(text) else { throw fields.expected("padded base64") }
                parts.append(.imageData(mediaType: "image/png", base64: text))
            }
        }
        return parts
    }

    private mutating func add(
        _ members: Members, _ fields: RequestFields, _ warnings: inout RequestWarnings
    ) throws(UltraError) {
        guard let role = members.role else {
            throw fields.expected(#"one of "system", "user", "assistant", "tool""#, at: "role")
        }
        guard role == .assistant || members.calls.isEmpty else {
            throw fields.expected("absent but in assistant messages", at: "tool_calls")
        }
        callCount += members.calls.count
        guard callCount <= RequestBound.toolCalls.most else {
            throw RequestBound.toolCalls.exceeded(at: "\(fields.placeOfValue).tool_calls")
        }
        let parts: [Part] =
            (members.content.isEmpty && !(members.images.isEmpty && members.calls.isEmpty)
                ? [] : [.text(members.content)])
            + members.images
        switch role {
        case .system: messages.append(Message(.system, parts))
        case .user: messages.append(Message(.user, parts))
        case .assistant:
            var calls = members.calls
            for index in calls.indices where calls[index].id.isEmpty {
                calls[index].id = "call_\(callCount - calls.count + index)"
            }
            open = calls.map { ($0.id, $0.name) }
            let thinking: [Part] = members.thinking.isEmpty ? [] : [.reasoning(text: members.thinking, signature: nil)]
            messages.append(Message(.assistant, thinking + parts, toolCalls: calls))
        case .tool:
            if let id = callID(members) {
                messages.append(Message(.tool, parts, toolCallID: id))
            } else {
                // Ollama takes it; most other providers refuse a result without a call.
                warnings.add("a tool message without a call before it became a user message")
                messages.append(Message(.user, parts))
            }
        }
    }

    /// The id of the call that a result belongs to; nil: there is none.
    private mutating func callID(_ members: Members) -> String? {
        if let id = members.toolCallID {
            open.removeAll { $0.id == id }
            return id
        }
        let index = open.firstIndex { members.toolName == nil || $0.name == members.toolName } ?? open.indices.first
        return index.map { open.remove(at: $0).id }
    }
}

extension ToolCall {
    /// Reads `{"id","function":{"name","arguments"}}`, with the arguments as an object or as JSON text.
    fileprivate init(ollama fields: inout RequestFields) throws(UltraError) {
        self.init(id: "", name: "", arguments: "{}")
        try fields.object("a tool call: {\"function\"}") { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "id":
                id = try fields.string()
                try fields.check(id, .callIDBytes)
            case "function":
                try fields.object("an object with name and arguments") { (fields, key) throws(UltraError) in
                    guard try !fields.skipNull() else { return }
                    switch key {
                    case "name": name = try fields.name("the name of a function", .toolNameBytes)
                    case "arguments":
                        arguments =
                            try fields.isNext(.string)
                            ? fields.string() : String(decoding: fields.rawObject().bytes, as: UTF8.self)
                    default: try fields.skip()
                    }
                }
            default: try fields.skip()
            }
        }
        if name.isEmpty { throw fields.expected("the name of a function", at: "function.name") }
    }
}
