extension Message {
    /// One element of `messages`.
    init(_ fields: inout RequestFields) throws(UltraError) {
        self.init(.user, [])
        var hasRole = false
        try fields.object("a message: {\"role\",\"content\"}") { (fields, name) throws(UltraError) in
            switch name {
            case "role":
                role = try fields.choice([.system, .user, .assistant, .tool])
                hasRole = true
            case "content":
                if try fields.isNext(.string) {
                    parts = [.text(try fields.string())]
                } else if try fields.isNext(.null) {
                    try fields.skip()
                } else {
                    try fields.array("a string or an array of parts") { (fields, _) throws(UltraError) in
                        parts.append(try Part(&fields))
                    }
                }
            case "tool_calls":
                try fields.array { (fields, _) throws(UltraError) in toolCalls.append(try ToolCall(&fields)) }
            case "tool_call_id": toolCallID = try fields.string()
            default: try fields.skip()
            }
        }
        if !hasRole { throw fields.expected("a message with a role") }
        if role == .tool, toolCallID == nil { throw fields.expected("a tool message with the tool_call_id it answers") }
        if role != .assistant, !toolCalls.isEmpty {
            throw fields.expected("an assistant message, for it has tool_calls")
        }
        if parts.isEmpty, toolCalls.isEmpty, role != .tool { throw fields.expected("a message with content") }
    }
}

extension Part {
    fileprivate init(_ fields: inout RequestFields) throws(UltraError) {
        var values: [String: String] = [:]
        try fields.object("a part: {\"type\",…}") { (fields, name) throws(UltraError) in
            switch name {
            case "type", "text", "url", "media_type", "data", "signature":
                if try fields.isNext(.null) { try fields.skip() } else { values[name] = try fields.string() }
            default: try fields.skip()
            }
        }
        switch values["type"] {
        case "text":
            guard let text = values["text"] else { throw fields.expected("a text part with text") }
            self = .text(text)
        case "image":
            if let url = values["url"] {
                self = .imageURL(url)
            } else if let type = values["media_type"], let data = values["data"] {
                self = .imageData(mediaType: type, base64: data)
            } else {
                throw fields.expected("an image part with url, or with media_type and data")
            }
        case "reasoning":
            self = .reasoning(text: values["text"] ?? "", signature: values["signature"])
        default:
            throw fields.expected("a part whose type is \"text\", \"image\" or \"reasoning\"")
        }
    }
}

extension ToolCall {
    fileprivate init(_ fields: inout RequestFields) throws(UltraError) {
        self.init(id: "", name: "", arguments: "")
        try fields.object("a tool call: {\"id\",\"name\",\"arguments\"}") { (fields, member) throws(UltraError) in
            switch member {
            case "id": id = try fields.string()
            case "name": name = try fields.string()
            case "arguments": arguments = try fields.string("JSON text in a string")
            default: try fields.skip()
            }
        }
        if id.isEmpty || name.isEmpty { throw fields.expected("a tool call with id and name") }
    }
}
