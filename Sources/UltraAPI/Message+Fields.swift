extension Message {
    /// One element of `messages`.
    init(_ fields: inout RequestFields) throws(UltraError) {
        self.init(.user, [])
        var hasRole = false
        try fields.object("a message: {\"role\",\"content\"}") { (fields, key) throws(UltraError) in
            switch key {
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
        if !hasRole { throw fields.expected("one of \(Self.roles)", at: "role") }
        if role == .tool, toolCallID == nil {
            throw fields.expected("the id of the call that this tool message answers", at: "tool_call_id")
        }
        if role != .tool, toolCallID != nil { throw fields.expected("absent but in tool messages", at: "tool_call_id") }
        if role != .assistant {
            if !toolCalls.isEmpty { throw fields.expected("absent but in assistant messages", at: "tool_calls") }
            if parts.contains(where: \.isReasoning) {
                throw fields.expected("without reasoning parts but in assistant messages", at: "content")
            }
        }
        if parts.isEmpty, toolCalls.isEmpty { throw fields.expected("a string or an array of parts", at: "content") }
    }

    private static let roles = #""system", "user", "assistant", "tool""#
}

extension Part {
    fileprivate var isReasoning: Bool {
        if case .reasoning = self { true } else { false }
    }

    fileprivate init(_ fields: inout RequestFields) throws(UltraError) {
        var type: String?
        var text: String?
        var url: String?
        var mediaType: String?
        var data: String?
        var signature: String?
        try fields.object("a part: {\"type\",…}") { (fields, key) throws(UltraError) in
            switch key {
            case "type": type = try fields.string()
            case "text": text = try fields.string()
            case "url": url = try fields.stringOrNull()
            case "media_type": mediaType = try fields.stringOrNull()
            case "data": data = try fields.stringOrNull()
            case "signature": signature = try fields.stringOrNull()
            default: try fields.skip()
            }
        }
        switch type {
        case "text":
            guard let text else { throw fields.expected("a string", at: "text") }
            self = .text(text)
        case "image":
            switch (url, mediaType, data) {
            case (let url?, nil, nil):
                self = .imageURL(url)
            case (nil, let mediaType?, let data?):
                guard Base64.isValid(data) else { throw fields.expected("padded base64", at: "data") }
                self = .imageData(mediaType: mediaType, base64: data)
            default:
                throw fields.expected("an image part with either url or media_type and data")
            }
        case "reasoning":
            self = .reasoning(text: text ?? "", signature: signature)
        default:
            throw fields.expected(#"one of "text", "image", "reasoning""#, at: "type")
        }
    }
}

extension ToolCall {
    fileprivate init(_ fields: inout RequestFields) throws(UltraError) {
        self.init(id: "", name: "", arguments: "")
        try fields.object("a tool call: {\"id\",\"name\",\"arguments\"}") { (fields, key) throws(UltraError) in
            switch key {
            case "id": id = try fields.string()
            case "name": name = try fields.string()
            case "arguments": arguments = try fields.string("JSON text in a string")
            default: try fields.skip()
            }
        }
        if id.isEmpty { throw fields.expected("the id the model gave the call", at: "id") }
        if name.isEmpty { throw fields.expected("the name of a tool", at: "name") }
    }
}
