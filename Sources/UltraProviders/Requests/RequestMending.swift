import UltraAPI

/// A request adjusted to its provider's constraints.
struct MendedRequest {
    var request: Request
    /// One sentence for each change that may alter the request's meaning.
    var warnings: [String] = []
    /// The renamed tools; nil if no tool was renamed.
    var toolNames: ToolNames?
}

/// Adjusts a request to a provider's `RequestConstraints`. This is done once for all adapters, which write the result
/// as it is.
enum RequestMending {
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
    static func mended(
        _ request: Request, _ needs: RequestNeeds, model: String, _ returnReasoning: WireFacts.ReturnReasoning
    ) -> MendedRequest? {
        let reasoning = needs.reasoning(returnReasoning)
        let defects = Defects(request, needs, reasoning)
        guard defects.areAny else { return nil }
        var mended = MendedRequest(request: request)
        if defects.parts { mendParts(&mended.request.messages) }
        if defects.reasoning { dropReasoning(&mended.request.messages, reasoning) }
        if defects.arguments { mendArguments(&mended, needs, model) }
        if defects.ids { mendIDs(&mended.request.messages, needs.callIDs) }
        if defects.schemas { mendSchemas(&mended, needs.toolSchemas, model) }
        if defects.names { mendNames(&mended, needs.toolNames) }
        return mended
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

        init(_ request: Request, _ needs: RequestNeeds, _ reasoning: ReasoningReturn) {
            var hasCalls = false
            for message in request.messages {
                for part in message.parts {
                    switch part {
                    case .text, .cacheMarker: break
                    case .imageURL, .imageData, .document: parts = parts || MediaTypes.mended(part) != nil
                    case .reasoning: self.reasoning = reasoning != .asWritten
                    }
                }
                hasCalls = hasCalls || !message.toolCalls.isEmpty || message.toolCallID != nil
                for call in message.toolCalls {
                    names = names || !needs.toolNames.accepts(call.name)
                    arguments =
                        arguments
                        || !CallArguments.isObject(call.arguments, refusesRepeatedKeys: needs.refusesRepeatedKeys)
                }
            }
            if hasCalls { ids = CallIDs.areMended(request.messages, needs.callIDs) }
            for tool in request.tools {
                names = names || !needs.toolNames.accepts(tool.name)
                if let parameters = tool.parameters {
                    schemas = schemas || ToolSchema.mended(parameters, needs.toolSchemas) != nil
                } else {
                    schemas = schemas || needs.toolSchemas.isGiven
                }
            }
        }
    }

    private static func mendParts(_ messages: inout [Message]) {
        for index in messages.indices {
            for part in messages[index].parts.indices {
                if let mended = MediaTypes.mended(messages[index].parts[part]) {
                    messages[index].parts[part] = mended
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

    private static func mendArguments(_ mended: inout MendedRequest, _ needs: RequestNeeds, _ model: String) {
        var wasCompleted = false
        var wasWrapped = false
        for index in mended.request.messages.indices {
            for call in mended.request.messages[index].toolCalls.indices {
                let arguments = mended.request.messages[index].toolCalls[call].arguments
                let result = CallArguments.mended(arguments, refusesRepeatedKeys: needs.refusesRepeatedKeys)
                switch result {
                case .same(let text): mended.request.messages[index].toolCalls[call].arguments = text
                case .completed(let text):
                    wasCompleted = true
                    mended.request.messages[index].toolCalls[call].arguments = text
                case .wrapped(let text):
                    wasWrapped = true
                    mended.request.messages[index].toolCalls[call].arguments = text
                }
            }
        }
        if wasCompleted {
            mended.warnings.append(
                "\(model) takes objects as arguments of a call: those that were cut were closed")
        }
        if wasWrapped {
            mended.warnings.append(
                "\(model) takes objects as arguments of a call: those that are none were put into one")
        }
    }

    private static func mendIDs(_ messages: inout [Message], _ rule: NameRule) {
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

    private static func mendSchemas(_ mended: inout MendedRequest, _ needs: ToolSchemaNeeds, _ model: String) {
        for index in mended.request.tools.indices {
            guard let parameters = mended.request.tools[index].parameters else {
                if needs.isGiven { mended.request.tools[index].parameters = .noParameters }
                continue
            }
            guard let found = ToolSchema.mended(parameters, needs) else { continue }
            mended.request.tools[index].parameters = found.schema
            if !found.loosened.isEmpty {
                let words = found.loosened.joined(separator: ", ")
                mended.warnings.append(
                    "\(model) takes no \(words) at the root of a tool's parameters: "
                        + "\(mended.request.tools[index].name) was given the members of all")
            }
        }
    }

    private static func mendNames(_ mended: inout MendedRequest, _ rule: NameRule) {
        let names = ToolNames(
            mended.request.tools.map(\.name) + mended.request.messages.flatMap { $0.toolCalls.map(\.name) }, rule)
        for index in mended.request.tools.indices {
            mended.request.tools[index].name = names.sent(mended.request.tools[index].name)
        }
        if case .named(let name)? = mended.request.toolChoice {
            mended.request.toolChoice = .named(names.sent(name))
        }
        for index in mended.request.messages.indices {
            for call in mended.request.messages[index].toolCalls.indices {
                let name = mended.request.messages[index].toolCalls[call].name
                mended.request.messages[index].toolCalls[call].name = names.sent(name)
            }
        }
        mended.toolNames = names
    }
}

extension RequestNeeds {
    fileprivate func reasoning(_ wish: WireFacts.ReturnReasoning) -> ReasoningReturn {
        switch wish {
        case .auto: reasoning
        case .always: .asWritten
        case .never: .never
        }
    }
}
