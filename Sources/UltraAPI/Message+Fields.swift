extension Message {
    /// Reads one element of `messages`.
    init(_ fields: inout RequestFields) throws(UltraError) {
        self.init(.user, [])
        var hasRole = false
        // Tool calls found among the parts.
        var content: [ToolCall] = []
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
                        guard let call = try Part.read(&fields, into: &parts) else { return }
                        content.append(call)
                        callPlaces.append(parts.count)
                    }
                }
            case "tool_calls":
                try fields.array("an array", .toolCalls) { (fields, _) throws(UltraError) in
                    toolCalls.append(try ToolCall(&fields))
                }
            case "tool_call_id":
                toolCallID = try fields.string()
                try fields.check(toolCallID ?? "", .callIDBytes)
            default: try fields.skip()
            }
        }
        place(content)
        if !hasRole { throw fields.expected("one of \(Self.roles)", at: "role") }
        if role == .tool, toolCallID == nil {
            throw fields.expected("the id of the call that this tool message answers", at: "tool_call_id")
        }
        if role != .tool, toolCallID != nil {
            throw fields.expected("absent outside tool messages", at: "tool_call_id")
        }
        if role != .assistant {
            if !toolCalls.isEmpty { throw fields.expected("absent outside assistant messages", at: "tool_calls") }
            if parts.contains(where: \.isReasoning) {
                throw fields.expected("without reasoning parts outside assistant messages", at: "content")
            }
        }
        if parts.isEmpty, toolCalls.isEmpty { throw fields.expected("a string or an array of parts", at: "content") }
    }

    /// Merges the calls found among the parts with those of `tool_calls`, parts first. A client that returns an
    /// answer's `parts` and `tool_calls` sends each call twice; it counts once.
    private mutating func place(_ content: [ToolCall]) {
        guard !content.isEmpty else { return }
        let ids = Set(content.map(\.id))
        let others = toolCalls.filter { !ids.contains($0.id) }
        callPlaces += others.map { _ in parts.count }
        toolCalls = content + others
        if callPlaces.allSatisfy({ $0 == parts.count }) { callPlaces = [] }
    }

    private static let roles = #""system", "user", "assistant", "tool""#
}

extension Part {
    fileprivate var isReasoning: Bool {
        if case .reasoning = self { true } else { false }
    }

    /// Reads one part and appends it, followed by its cache marker if there is one. A tool call is returned instead.
    fileprivate static func read(
        _ fields: inout RequestFields, into parts: inout [Part]
    ) throws(UltraError) -> ToolCall? {
        var members = Members()
        try fields.object("a part: {\"type\",…}") { (fields, key) throws(UltraError) in
            switch key {
            case "type": members.type = try fields.string()
            case "text": members.text = try fields.string()
            case "url": members.url = try fields.stringOrNull()
            case "media_type": members.mediaType = try fields.stringOrNull()
            case "data": members.data = try fields.stringOrNull()
            case "name": members.name = try fields.stringOrNull()
            case "id": members.id = try fields.stringOrNull()
            case "arguments": members.arguments = try fields.stringOrNull()
            case "signature": members.signature = try fields.stringOrNull()
            case "cache_control": members.cacheControl = try fields.rawObject()
            default: try fields.skip()
            }
        }
        if members.type == "tool_call" { return try ToolCall(members, fields) }
        parts.append(try Part(members, fields))
        if let marker = members.cacheControl { parts.append(.cacheMarker(marker)) }
        return nil
    }

    /// The members of a part, before their combination is checked.
    fileprivate struct Members {
        var type: String?
        var text: String?
        var url: String?
        var mediaType: String?
        var data: String?
        var name: String?
        var id: String?
        var arguments: String?
        var signature: String?
        var cacheControl: RawJSON?
    }

    private init(_ members: Members, _ fields: RequestFields) throws(UltraError) {
        switch members.type {
        case "text":
            guard let text = members.text else { throw fields.expected("a string", at: "text") }
            self = .text(text)
        case "image":
            switch try Self.source(members, "an image part", fields) {
            case .url(let url): self = .imageURL(url)
            case .data(let mediaType, let base64): self = .imageData(mediaType: mediaType, base64: base64)
            }
        case "document":
            self = .document(Document(try Self.source(members, "a document part", fields), name: members.name))
        case "reasoning":
            self = .reasoning(text: members.text ?? "", signature: members.signature)
        default:
            throw fields.expected(#"one of "text", "image", "document", "reasoning", "tool_call""#, at: "type")
        }
    }

    private static func source(
        _ members: Members, _ what: String, _ fields: RequestFields
    ) throws(UltraError) -> Document.Source {
        switch (members.url, members.mediaType, members.data) {
        case (let url?, nil, nil):
            return .url(url)
        case (nil, let mediaType?, let data?):
            guard Base64.isValid(data) else { throw fields.expected("padded base64", at: "data") }
            return .data(mediaType: mediaType, base64: data)
        default:
            throw fields.expected("\(what) with either url or media_type and data")
        }
    }
}

extension ToolCall {
    /// A tool call among the parts of a message.
    fileprivate init(_ members: Part.Members, _ fields: RequestFields) throws(UltraError) {
        guard let id = members.id, !id.isEmpty else {
            throw fields.expected("the id the model gave the call", at: "id")
        }
        guard let name = members.name, !name.isEmpty else { throw fields.expected("the name of a tool", at: "name") }
        try fields.check(id, .callIDBytes, at: "id")
        try fields.check(name, .toolNameBytes, at: "name")
        guard let arguments = members.arguments else {
            throw fields.expected("JSON text in a string", at: "arguments")
        }
        self.init(id: id, name: name, arguments: arguments, signature: members.signature)
    }

    fileprivate init(_ fields: inout RequestFields) throws(UltraError) {
        self.init(id: "", name: "", arguments: "")
        try fields.object("a tool call: {\"id\",\"name\",\"arguments\"}") { (fields, key) throws(UltraError) in
            switch key {
            case "id":
                id = try fields.string()
                try fields.check(id, .callIDBytes)
            case "name":
                name = try fields.string()
                try fields.check(name, .toolNameBytes)
            case "arguments": arguments = try fields.string("JSON text in a string")
            case "signature": signature = try fields.stringOrNull()
            default: try fields.skip()
            }
        }
        if id.isEmpty { throw fields.expected("the id the model gave the call", at: "id") }
        if name.isEmpty { throw fields.expected("the name of a tool", at: "name") }
    }
}
