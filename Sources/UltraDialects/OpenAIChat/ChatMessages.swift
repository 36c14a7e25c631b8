internal import UltraAPI

/// `messages` of a Chat Completions request.
struct ChatMessages {
    private var messages: [Message] = []
    private var callCount = 0
    /// Ids made for calls in the older form `function_call`, by function name.
    private var functionCalls: [String: String] = [:]

    static func read(_ fields: inout RequestFields) throws(UltraError) -> [Message] {
        var reading = ChatMessages()
        try fields.array("an array of messages", .messages) { (fields, index) throws(UltraError) in
            let members = try Members(&fields)
            let message = try reading.message(members, index, fields)
            reading.callCount += message.toolCalls.count
            guard reading.callCount <= RequestBound.toolCalls.most else {
                throw RequestBound.toolCalls.exceeded(at: "\(fields.placeOfValue).tool_calls")
            }
            reading.messages.append(message)
        }
        guard !reading.messages.isEmpty else { throw fields.expected("an array of at least one message") }
        return reading.messages
    }

    private enum Role: String, CaseIterable {
        case system, developer, user, assistant, tool, function
    }

    private struct Members {
        var role: Role?
        var parts: [Part] = []
        var reasoning: String?
        var refusal: String?
        var toolCalls: [ToolCall] = []
        /// `function_call`, the predecessor of `tool_calls`; its id is empty.
        var functionCall: ToolCall?
        var toolCallID: String?
        var name: String?

        init(_ fields: inout RequestFields) throws(UltraError) {
            try fields.object("a message: {\"role\",\"content\"}") { (fields, key) throws(UltraError) in
                guard try !fields.skipNull() else { return }
                switch key {
                case "role": role = try fields.choice(Role.allCases)
                case "content": parts = try ChatContent.read(&fields)
                case "reasoning_content": reasoning = try fields.string()
                case "refusal": refusal = try fields.string()
                case "tool_calls":
                    try fields.array("an array", .toolCalls) { (fields, _) throws(UltraError) in
                        toolCalls.append(try ToolCall(chat: &fields))
                    }
                case "function_call": functionCall = try ToolCall(function: &fields)
                case "tool_call_id":
                    toolCallID = try fields.name("the id of a tool call", .callIDBytes)
                case "name" where try fields.isNext(.string): name = try fields.string()
                case "audio":
                    throw fields.cannotBeHad("audio of an earlier answer cannot be sent", hint: "send its text")
                default: try fields.skip()
                }
            }
        }
    }

    private mutating func message(
        _ members: Members, _ index: Int, _ fields: RequestFields
    ) throws(UltraError) -> Message {
        guard let role = members.role else {
            let roles = Role.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw fields.expected("one of \(roles)", at: "role")
        }
        if role != .assistant, !members.toolCalls.isEmpty {
            throw fields.expected("absent but in assistant messages", at: "tool_calls")
        }
        let message: Message
        switch role {
        case .system, .developer: message = Message(.system, members.parts)
        case .user: message = Message(.user, members.parts)
        case .assistant: message = assistant(members, index)
        case .tool:
            guard let id = members.toolCallID else {
                throw fields.expected("the id of the call that this tool message answers", at: "tool_call_id")
            }
            message = Message(.tool, members.parts, toolCallID: id)
        case .function:
            guard let name = members.name, let id = functionCalls[name] else {
                throw fields.expected("the name of a function that was called before", at: "name")
            }
            message = Message(.tool, members.parts, toolCallID: id)
        }
        guard !message.parts.isEmpty || !message.toolCalls.isEmpty else {
            throw fields.expected("a string or an array of parts", at: "content")
        }
        return message
    }

    private mutating func assistant(_ members: Members, _ index: Int) -> Message {
        var parts = members.parts
        if let reasoning = members.reasoning, !reasoning.isEmpty {
            parts.insert(.reasoning(text: reasoning, signature: nil), at: 0)
        }
        if let refusal = members.refusal, !refusal.isEmpty { parts.append(.text(refusal)) }
        var calls = members.toolCalls
        if var call = members.functionCall, calls.isEmpty {
            call.id = "call_\(index)"
            functionCalls[call.name] = call.id
            calls = [call]
        }
        return Message(.assistant, parts, toolCalls: calls)
    }
}

/// `content`: a string or parts.
private enum ChatContent {
    static func read(_ fields: inout RequestFields) throws(UltraError) -> [Part] {
        guard try !fields.isNext(.string) else { return [.text(try fields.string())] }
        var parts: [Part] = []
        try fields.array("a string or an array of parts") { (fields, _) throws(UltraError) in
            try part(&fields, into: &parts)
        }
        return parts
    }

    private struct Members {
        var type: String?
        var text: String?
        var refusal: String?
        var imageURL: String?
        var fileData: String?
        var fileName: String?
        var hasFileID = false
        var cacheControl: RawJSON?
    }

    private static func part(_ fields: inout RequestFields, into parts: inout [Part]) throws(UltraError) {
        var members = Members()
        try fields.object("a part: {\"type\",…}") { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "type": members.type = try fields.string()
            case "text": members.text = try fields.string()
            case "refusal": members.refusal = try fields.string()
            case "image_url": members.imageURL = try imageURL(&fields)
            case "file": try file(&fields, &members)
            case "cache_control" where try fields.isNext(.object): members.cacheControl = try fields.rawObject()
            default: try fields.skip()
            }
        }
        parts.append(try part(members, fields))
        if let marker = members.cacheControl { parts.append(.cacheMarker(marker)) }
    }

    /// `{"url","detail"}`; some clients send the URL alone.
    private static func imageURL(_ fields: inout RequestFields) throws(UltraError) -> String? {
        guard try !fields.isNext(.string) else { return try fields.string() }
        var url: String?
        try fields.object("an object with url") { (fields, key) throws(UltraError) in
            switch key {
            case "url": url = try fields.string()
            default: try fields.skip()
            }
        }
        return url
    }

    /// `{"file_data","filename"}`.
    private static func file(_ fields: inout RequestFields, _ members: inout Members) throws(UltraError) {
        try fields.object("an object with file_data and filename") { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "file_data": members.fileData = try fields.string()
            case "filename": members.fileName = try fields.string()
            case "file_id":
                throw fields.cannotBeHad("ultrad keeps no files", hint: "send file_data in place of file_id")
            default: try fields.skip()
            }
        }
    }

    private static func part(_ members: Members, _ fields: RequestFields) throws(UltraError) -> Part {
        switch members.type {
        case "text":
            guard let text = members.text else { throw fields.expected("a string", at: "text") }
            return .text(text)
        case "refusal":
            guard let text = members.refusal else { throw fields.expected("a string", at: "refusal") }
            return .text(text)
        case "image_url":
            guard let url = members.imageURL, !url.isEmpty else { throw fields.expected("a URL", at: "image_url.url") }
            guard DataURL.isOne(url) else { return .imageURL(url) }
            guard let data = DataURL(url) else { throw notBase64(fields, "image_url.url") }
            return .imageData(mediaType: data.mediaType, base64: data.base64)
        case "file":
            guard let url = members.fileData, let data = DataURL(url) else { throw notBase64(fields, "file.file_data") }
            return .document(
                Document(.data(mediaType: data.mediaType, base64: data.base64), name: members.fileName))
        case "input_audio", "video_url":
            throw fields.cannotBeHad("neither audio nor video can be sent", hint: "send text, images or documents")
        default:
            throw fields.expected(#"one of "text", "image_url", "file", "refusal""#, at: "type")
        }
    }

    private static func notBase64(_ fields: RequestFields, _ member: StaticString) -> UltraError {
        fields.expected("data:TYPE;base64,DATA with valid base64", at: member)
    }
}

extension ToolCall {
    /// `{"id","type":"function","function":{"name","arguments"}}`, or with `"type":"custom"` and `custom`.
    fileprivate init(chat fields: inout RequestFields) throws(UltraError) {
        self.init(id: "", name: "", arguments: "")
        try fields.object("a tool call: {\"id\",\"function\"}") { (fields, key) throws(UltraError) in
            switch key {
            case "id": id = try fields.name("the id the model gave the call", .callIDBytes)
            case "function" where try fields.isNext(.object):
                let call = try ToolCall(function: &fields)
                (name, arguments) = (call.name, call.arguments)
            case "custom" where try fields.isNext(.object):
                try fields.object { (fields, key) throws(UltraError) in
                    switch key {
                    case "name": name = try fields.name("the name of a tool", .toolNameBytes)
                    case "input": arguments = CustomTool.arguments(try fields.string())
                    default: try fields.skip()
                    }
                }
            default: try fields.skip()
            }
        }
        if id.isEmpty { throw fields.expected("the id the model gave the call", at: "id") }
        if name.isEmpty { throw fields.expected("the name of a tool", at: "function.name") }
    }

    /// `{"name","arguments"}`.
    fileprivate init(function fields: inout RequestFields) throws(UltraError) {
        self.init(id: "", name: "", arguments: "")
        try fields.object("an object with name and arguments") { (fields, key) throws(UltraError) in
            switch key {
            case "name": name = try fields.name("the name of a function", .toolNameBytes)
            case "arguments": arguments = try fields.string("JSON text in a string")
            default: try fields.skip()
            }
        }
        if name.isEmpty { throw fields.expected("the name of a function", at: "name") }
    }
}
