internal import UltraAPI

/// Reads `input` of a Responses request. Adjacent items of the assistant form one message.
struct ResponsesInput {
    private var messages: [Message] = []
    /// The assistant's message to which further items are added; nil: the last message has another role.
    private var turn: Message?
    private var callCount = 0
    /// The signature of the next call; see `CallSignature`.
    private var callSignature: String?

    mutating func read(_ fields: inout RequestFields, _ warnings: inout RequestWarnings) throws(UltraError) {
        guard try !fields.isNext(.string) else { return messages = [Message(.user, [.text(try fields.string())])] }
        try fields.array("a text or an array of items", .messages) { (fields, _) throws(UltraError) in
            let item = try ResponsesItem(&fields)
            try add(item, fields, &warnings)
            guard callCount <= RequestBound.toolCalls.most else {
                throw RequestBound.toolCalls.exceeded(at: fields.placeOfValue)
            }
        }
    }

    func finish() throws(UltraError) -> [Message] {
        let all = messages + (turn.map { [$0.tidied] } ?? [])
        guard !all.isEmpty else {
            throw UltraError(
                .invalidRequest, "input must be a text or an array of at least one item", field: "input")
        }
        return all
    }

    private mutating func add(
        _ item: ResponsesItem, _ fields: RequestFields, _ warnings: inout RequestWarnings
    ) throws(UltraError) {
        switch item.type ?? "message" {
        case "message":
            guard let role = item.role else {
                throw fields.expected(#"one of "user", "assistant", "system", "developer""#, at: "role")
            }
            switch role {
            case .assistant: turn = (turn ?? Message(.assistant, [])).adding(item.parts)
            case .user: append(Message(.user, item.parts))
            case .system, .developer: append(Message(.system, item.parts))
            }
        case "reasoning":
            let signature = item.encryptedContent.flatMap { $0.isEmpty ? nil : $0 }
            if let signature, let ofCall = CallSignature.read(signature) { return callSignature = ofCall }
            guard !item.reasoning.isEmpty || signature != nil else { return }
            turn = (turn ?? Message(.assistant, [])).adding([.reasoning(text: item.reasoning, signature: signature)])
        case "function_call":
            try call(item, item.name.map { ResponsesNames.flat(item.namespace, $0) }, item.arguments, fields)
        case "custom_tool_call": try call(item, item.name, item.input.map(CustomTool.arguments), fields)
        case "local_shell_call": try call(item, "local_shell", item.action, fields)
        case "shell_call": try call(item, "shell", item.action, fields)
        case "function_call_output", "custom_tool_call_output", "local_shell_call_output", "shell_call_output":
            guard let id = item.callID ?? item.id else {
                throw fields.expected("the call_id of the call that this item answers", at: "call_id")
            }
            append(Message(.tool, item.output.isEmpty ? [.text("")] : item.output, toolCallID: id))
        case "item_reference":
            throw fields.cannotBeHad("ultrad keeps no items", hint: "send the item itself, and store false")
        // Calls and results of tools that OpenAI's servers run.
        case let type: warnings.leftOut(type)
        }
    }

    private mutating func call(
        _ item: ResponsesItem, _ name: String?, _ arguments: String?, _ fields: RequestFields
    ) throws(UltraError) {
        guard let id = item.callID ?? item.id else { throw fields.expected("the id of the call", at: "call_id") }
        guard let name else { throw fields.expected("the name of a tool", at: "name") }
        guard let arguments else { throw fields.expected("present in a call", at: "arguments") }
        var message = turn ?? Message(.assistant, [])
        message.callPlaces.append(message.parts.count)
        message.toolCalls.append(ToolCall(id: id, name: name, arguments: arguments, signature: callSignature))
        callSignature = nil
        callCount += 1
        turn = message
    }

    private mutating func append(_ message: Message) {
        if let turn { messages.append(turn.tidied) }
        turn = nil
        messages.append(message)
    }
}

extension Message {
    fileprivate func adding(_ parts: [Part]) -> Message {
        var message = self
        message.parts += parts
        return message
    }

    /// The message, without the places of calls if all calls follow all parts.
    fileprivate var tidied: Message {
        var message = self
        if callPlaces.allSatisfy({ $0 == parts.count }) { message.callPlaces = [] }
        return message
    }
}
