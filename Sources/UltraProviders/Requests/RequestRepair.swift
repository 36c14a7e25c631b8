import UltraAPI

/// A request adjusted to its provider's constraints.
struct RepairedRequest {
    var request: Request
    /// One sentence for each change that may alter the request's meaning.
    var warnings: [String] = []
    /// The renamed tools; nil if no tool was renamed.
    var toolNames: ToolNames?
}

/// Adjusts a request to a provider's `RequestConstraints`. This is done once for all adapters, which write the result
/// as it is.
enum RequestRepair {
    /// True for a request of plain text, which never needs repair. Most requests are, and they skip all further checks.
    static func isPlain(_ request: Request) -> Bool {
        request.tools.isEmpty
            && request.messages.allSatisfy { message in
                message.toolCalls.isEmpty && message.toolCallID == nil
                    && message.parts.allSatisfy { if case .text = $0 { true } else { false } }
            }
    }

    /// Repairs what violates `constraints`.
    /// - Parameter model: `provider/model`, for the warnings.
    /// - Returns: nil if nothing had to be changed, which is the usual case.
    static func repaired(
        _ request: Request, _ constraints: RequestConstraints, model: String,
        _ returnReasoning: WireFacts.ReturnReasoning
    ) -> RepairedRequest? {
        let reasoning = constraints.reasoning(returnReasoning)
        let defects = Defects(request, constraints, reasoning)
        guard defects.areAny else { return nil }
        var repaired = RepairedRequest(request: request)
        if defects.parts { repairParts(&repaired.request.messages) }
        if defects.reasoning { dropReasoning(&repaired.request.messages, reasoning) }
        if defects.arguments { repairArguments(&repaired, constraints, model) }
        if defects.ids { repairIDs(&repaired.request.messages, constraints.callIDs) }
        if defects.schemas { repairSchemas(&repaired, constraints.toolSchemas, model) }
        if defects.names { repairNames(&repaired, constraints.toolNames) }
        return repaired
    }

    /// The parts of a request that need repair.
    private struct Defects {
        var parts = false
        var reasoning = false
        var arguments = false
        var ids = false
        var schemas = false
        var names = false

        var areAny: Bool { parts || reasoning || arguments || ids || schemas || names }

        init(_ request: Request, _ constraints: RequestConstraints, _ reasoning: ReasoningReturn) {
            var hasCalls = false
            for message in request.messages {
                for part in message.parts {
                    switch part {
                    case .text, .cacheMarker: break
                    case .imageURL, .imageData, .document: parts = parts || MediaTypes.repaired(part) != nil
                    case .reasoning: self.reasoning = reasoning != .asWritten
                    }
                }
                hasCalls = hasCalls || !message.toolCalls.isEmpty || message.toolCallID != nil
                for call in message.toolCalls {
                    names = names || !constraints.toolNames.accepts(call.name)
                    arguments =
                        arguments
                        || !CallArguments.isObject(call.arguments, refusesRepeatedKeys: constraints.refusesRepeatedKeys)
                }
            }
            if hasCalls { ids = CallIDs.needRepair(request.messages, constraints.callIDs) }
            for tool in request.tools {
                names = names || !constraints.toolNames.accepts(tool.name)
                if let parameters = tool.parameters {
                    schemas = schemas || ToolSchema.repaired(parameters, constraints.toolSchemas) != nil
                } else {
                    schemas = schemas || constraints.toolSchemas.isRequired
                }
            }
        }
    }

    private static func repairParts(_ messages: inout [Message]) {
        for index in messages.indices {
            for part in messages[index].parts.indices {
                if let repaired = MediaTypes.repaired(messages[index].parts[part]) {
                    messages[index].parts[part] = repaired
                }
            }
        }
    }

    private static func dropReasoning(_ messages: inout [Message], _ reasoning: ReasoningReturn) {
        var start = messages.startIndex
        for end in 1...messages.count where end == messages.count || messages[end].role == .user {
            let turn = start..<end
            start = end
            let isKept = reasoning == .turnsWithCalls && messages[turn].contains { !$0.toolCalls.isEmpty }
            guard !isKept else { continue }
            for index in turn where messages[index].role == .assistant {
                messages[index].parts.removeAll { if case .reasoning = $0 { true } else { false } }
            }
        }
    }

    private static func repairArguments(
        _ repaired: inout RepairedRequest, _ constraints: RequestConstraints, _ model: String
    ) {
        var wasCompleted = false
        var wasWrapped = false
        for index in repaired.request.messages.indices {
            for call in repaired.request.messages[index].toolCalls.indices {
                let arguments = repaired.request.messages[index].toolCalls[call].arguments
                let result = CallArguments.repaired(arguments, refusesRepeatedKeys: constraints.refusesRepeatedKeys)
                switch result {
                case .same(let text): repaired.request.messages[index].toolCalls[call].arguments = text
                case .completed(let text):
                    wasCompleted = true
                    repaired.request.messages[index].toolCalls[call].arguments = text
                case .wrapped(let text):
                    wasWrapped = true
                    repaired.request.messages[index].toolCalls[call].arguments = text
                }
            }
        }
        if wasCompleted {
            repaired.warnings.append(
                "\(model) takes only JSON objects as arguments of a tool call: those that were cut off were closed")
        }
        if wasWrapped {
            repaired.warnings.append(
                "\(model) takes only JSON objects as arguments of a tool call: other texts were put into one")
        }
    }

    private static func repairIDs(_ messages: inout [Message], _ rule: NameRule) {
        var ids = CallIDs(rule)
        var wasAssistant = false
        for index in messages.indices {
            let isAssistant = messages[index].role == .assistant
            if isAssistant, !wasAssistant { ids.beginTurn() }
            wasAssistant = isAssistant
            for call in messages[index].toolCalls.indices {
                messages[index].toolCalls[call].id = ids.call(messages[index].toolCalls[call].id)
            }
            if let id = messages[index].toolCallID { messages[index].toolCallID = ids.result(id) }
        }
    }

    private static func repairSchemas(
        _ repaired: inout RepairedRequest, _ constraints: ToolSchemaConstraints, _ model: String
    ) {
        for index in repaired.request.tools.indices {
            guard let parameters = repaired.request.tools[index].parameters else {
                if constraints.isRequired { repaired.request.tools[index].parameters = .noParameters }
                continue
            }
            guard let found = ToolSchema.repaired(parameters, constraints) else { continue }
            repaired.request.tools[index].parameters = found.schema
            if !found.loosened.isEmpty {
                let words = found.loosened.joined(separator: ", ")
                repaired.warnings.append(
                    "\(model) takes no \(words) at the root of a tool's parameters: "
                        + "\(repaired.request.tools[index].name) got the members of all alternatives")
            }
        }
    }

    private static func repairNames(_ repaired: inout RepairedRequest, _ rule: NameRule) {
        let names = ToolNames(
            repaired.request.tools.map(\.name) + repaired.request.messages.flatMap { $0.toolCalls.map(\.name) }, rule)
        for index in repaired.request.tools.indices {
            repaired.request.tools[index].name = names.sent(repaired.request.tools[index].name)
        }
        if case .named(let name)? = repaired.request.toolChoice {
            repaired.request.toolChoice = .named(names.sent(name))
        }
        for index in repaired.request.messages.indices {
            for call in repaired.request.messages[index].toolCalls.indices {
                let name = repaired.request.messages[index].toolCalls[call].name
                repaired.request.messages[index].toolCalls[call].name = names.sent(name)
            }
        }
        repaired.toolNames = names
    }
}

extension RequestConstraints {
    fileprivate func reasoning(_ wish: WireFacts.ReturnReasoning) -> ReasoningReturn {
        switch wish {
        case .auto: reasoning
        case .always: .asWritten
        case .never: .never
        }
    }
}
