internal import UltraAPI

/// Reads `messages` of a Messages request. A message of the user becomes one tool message for each of its results and a
/// user message with the rest.
struct MessagesContent {
    private(set) var messages: [Message] = []
    /// Names in `tool_reference` blocks.
    private(set) var referencedTools: Set<String> = []
    private var callCount = 0

    private enum Role: String, CaseIterable {
        case user, assistant, system
    }

    mutating func read(_ fields: inout RequestFields, _ warnings: inout RequestWarnings) throws(UltraError) {
        try fields.array("an array of messages", .messages) { (fields, _) throws(UltraError) in
            var role: Role?
            var blocks = MessagesBlocks()
            try fields.object("a message: {\"role\",\"content\"}") { (fields, key) throws(UltraError) in
                switch key {
                case "role": role = try fields.choice(Role.allCases)
                case "content": try blocks.read(&fields, &warnings)
                default: try fields.skip()
                }
            }
            guard let role else { throw fields.expected(#"one of "user", "assistant""#, at: "role") }
            try add(role, blocks, fields)
        }
        guard !messages.isEmpty else { throw fields.expected("an array of at least one message") }
    }

    private mutating func add(
        _ role: Role, _ blocks: MessagesBlocks, _ fields: RequestFields
    ) throws(UltraError) {
        callCount += blocks.calls.count
        guard callCount <= RequestBound.toolCalls.most else {
            throw RequestBound.toolCalls.exceeded(at: "\(fields.placeOfValue).content")
        }
        referencedTools.formUnion(blocks.referencedTools)
        switch role {
        case .assistant:
            guard blocks.results.isEmpty else {
                throw fields.expected("without tool_result blocks in assistant messages", at: "content")
            }
            var message = Message(.assistant, blocks.parts, toolCalls: blocks.calls)
            let places = blocks.callPlaces
            if !places.allSatisfy({ $0 == blocks.parts.count }) { message.callPlaces = places }
            // The message is empty if all its blocks were left out.
            if !message.parts.isEmpty || !message.toolCalls.isEmpty { messages.append(message) }
        case .user, .system:
            guard blocks.calls.isEmpty, !blocks.hasThinking else {
                throw fields.expected("without tool_use and thinking blocks outside assistant messages", at: "content")
            }
            messages += blocks.results
            if !blocks.parts.isEmpty { messages.append(Message(role == .user ? .user : .system, blocks.parts)) }
        }
    }

    /// `system`: a string or text blocks. Claude Code's billing block is left out: it changes with every request, which
    /// would defeat the providers' prompt caches.
    static func system(_ fields: inout RequestFields) throws(UltraError) -> [Part] {
        guard try !fields.isNext(.string) else {
            let text = try fields.string()
            return text.isEmpty ? [] : [.text(text)]
        }
        var parts: [Part] = []
        try fields.array("a string or an array of text blocks") { (fields, _) throws(UltraError) in
            let members = try MessagesBlock(&fields)
            guard members.type == "text", let text = members.text else {
                throw fields.expected(#"a text block: {"type":"text","text"}"#)
            }
            guard !text.hasPrefix("x-anthropic-billing-header:") else { return }
            parts.append(.text(text))
            if let marker = members.cacheControl { parts.append(.cacheMarker(marker)) }
        }
        return parts
    }
}

/// The content of one message.
struct MessagesBlocks {
    private(set) var parts: [Part] = []
    private(set) var calls: [ToolCall] = []
    /// For each call, the number of parts before it.
    private(set) var callPlaces: [Int] = []
    private(set) var results: [Message] = []
    private(set) var referencedTools: Set<String> = []
    private(set) var hasThinking = false
    /// The signature of the next call; see `CallSignature`.
    private var callSignature: String?

    /// Reads a string or an array of blocks.
    mutating func read(_ fields: inout RequestFields, _ warnings: inout RequestWarnings) throws(UltraError) {
        guard try !fields.isNext(.string) else { return parts = [.text(try fields.string())] }
        try fields.array("a string or an array of blocks") { (fields, _) throws(UltraError) in
            let block = try MessagesBlock(&fields)
            try add(block, fields, &warnings)
        }
    }

    private mutating func add(
        _ block: MessagesBlock, _ fields: RequestFields, _ warnings: inout RequestWarnings
    ) throws(UltraError) {
        switch block.type {
        case "text":
            guard let text = block.text else { throw fields.expected("a string", at: "text") }
            parts.append(.text(text))
        case "image": parts.append(try block.image(fields))
        case "document": parts += try block.document(fields)
        case "search_result":
            parts.append(
                .text(([block.title, block.sourceText].compactMap { $0 } + block.texts).joined(separator: "\n")))
        case "thinking":
            hasThinking = true
            let signature = block.signature.flatMap { $0.isEmpty ? nil : $0 }
            if let signature, let ofCall = CallSignature.read(signature) { return callSignature = ofCall }
            parts.append(.reasoning(text: block.thinking ?? "", signature: signature))
        case "redacted_thinking":
            hasThinking = true
            guard let data = block.data else { throw fields.expected("a string", at: "data") }
            parts.append(.reasoning(text: "", signature: data))
        case "tool_use":
            guard let id = block.id else { throw fields.expected("the id of the call", at: "id") }
            guard let name = block.name else { throw fields.expected("the name of a tool", at: "name") }
            guard let input = block.input else { throw fields.expected("an object", at: "input") }
            callPlaces.append(parts.count)
            calls.append(ToolCall(id: id, name: name, arguments: input, signature: callSignature))
            callSignature = nil
        case "tool_result":
            guard let id = block.toolUseID else {
                throw fields.expected("the id of the call that this block answers", at: "tool_use_id")
            }
            referencedTools.formUnion(block.referencedTools)
            var content = block.parts.isEmpty ? [.text("")] : block.parts
            if let marker = block.cacheControl { content.append(.cacheMarker(marker)) }
            results.append(Message(.tool, content, toolCallID: id))
            if block.isError { warnings.add("is_error was left out: it cannot be translated") }
            return
        case "tool_reference":
            guard let name = block.toolName else { throw fields.expected("the name of a tool", at: "tool_name") }
            referencedTools.insert(name)
            parts.append(.text(name))
        case nil: throw fields.expected("the type of a block", at: "type")
        case let type?:
            // For example server_tool_use, web_search_tool_result and container_upload.
            return warnings.leftOut(type)
        }
        if let marker = block.cacheControl { parts.append(.cacheMarker(marker)) }
    }
}
