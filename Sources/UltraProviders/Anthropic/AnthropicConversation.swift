import UltraAPI

/// The messages of a request in the form that the API requires: system text separate, the first turn from the user,
/// then alternating turns, tool results first in the turn after their calls, and no empty turn or block.
struct AnthropicConversation {
    struct Turn {
        var isUser: Bool
        var blocks: [AnthropicBlock]
    }

    /// The system text. Contains only text blocks.
    var system: [AnthropicBlock] = []
    private(set) var turns: [Turn] = []
    /// The names of the called tools, without duplicates. A tool must be declared as long as the conversation contains
    /// calls of it.
    private(set) var toolNames: [String] = []
    private var seenNames: Set<String> = []

    /// True if the conversation ends with an assistant message, which the model continues.
    var hasPrefill: Bool { turns.last?.isUser == false }

    /// True if the last turn answers calls that were made without thinking. Models refuse to start thinking between a
    /// call and its result.
    var hasLoopWithoutThinking: Bool {
        guard turns.count > 1, turns[turns.count - 1].blocks.contains(where: \.isToolResult) else { return false }
        return turns[turns.count - 2].blocks.first?.isThinking != true
    }

    /// Converts the messages.
    /// - Throws: `capability_missing` for content that the model does not accept, `bad_request` for a conversation that
    ///   no model accepts.
    init(
        _ messages: [Message], _ rules: ClaudeRules, takesDocumentsOfAssistant: Bool, _ omitted: inout Omissions
    ) throws(UltraError) {
        try MessageOrder.checkResults(messages.filter { $0.role != .system }, requiresAll: true, omitted)
        for message in messages {
            switch message.role {
            case .system:
                // Only some models accept later system messages, and at different positions.
                if !turns.isEmpty {
                    omitted.warn(
                        "\(omitted.model) does not take a system message in this position: it was moved to the beginning"
                    )
                }
                system += try Self.system(message, omitted)
            case .user: append(isUser: true, try Self.user(message, omitted))
            case .tool: append(isUser: true, [try Self.toolResult(message, omitted)])
            case .assistant:
                append(
                    isUser: false,
                    try assistant(
                        message, keepsThinking: rules.thinking != .none, takesDocuments: takesDocumentsOfAssistant,
                        &omitted))
            }
        }
        for index in turns.indices where turns[index].isUser {
            let blocks = turns[index].blocks
            turns[index].blocks = blocks.filter(\.isToolResult) + blocks.filter { !$0.isToolResult }
        }
        try check(rules, omitted)
        limitMarkers()
    }

    private mutating func append(isUser: Bool, _ blocks: [AnthropicBlock]) {
        guard !blocks.isEmpty else { return }
        if turns.last?.isUser == isUser {
            turns[turns.count - 1].blocks += blocks
        } else {
            turns.append(Turn(isUser: isUser, blocks: blocks))
        }
    }

    private mutating func check(_ rules: ClaudeRules, _ omitted: Omissions) throws(UltraError) {
        if hasPrefill, case .text(let text)? = turns[turns.count - 1].blocks.last?.content {
            let trimmed = Self.withoutSpaceAtEnd(text)
            turns[turns.count - 1].blocks[turns[turns.count - 1].blocks.count - 1].content = .text(trimmed)
        }
        guard turns.first?.isUser == true else {
            throw omitted.capabilityMissing(
                "takes conversations that begin with a user message", hint: "begin with a user message that has text")
        }
        guard rules.takesPrefill || !hasPrefill else {
            throw omitted.capabilityMissing(
                "does not continue an assistant message", hint: "end the conversation with a user message")
        }
    }

    /// Removes markers beyond the four that the API accepts. The last ones are kept, because a later prefix includes an
    /// earlier one.
    private mutating func limitMarkers() {
        let marked = system.count { $0.cacheControl != nil }
        var excess = turns.reduce(marked) { $0 + $1.blocks.count { $0.cacheControl != nil } } - 4
        for index in system.indices where excess > 0 && system[index].cacheControl != nil {
            system[index].cacheControl = nil
            excess -= 1
        }
        for turn in turns.indices where excess > 0 {
            for index in turns[turn].blocks.indices
            where excess > 0 && turns[turn].blocks[index].cacheControl != nil {
                turns[turn].blocks[index].cacheControl = nil
                excess -= 1
            }
        }
    }
}

// MARK: - Messages

extension AnthropicConversation {
    private static func system(_ message: Message, _ omitted: Omissions) throws(UltraError) -> [AnthropicBlock] {
        var blocks: [AnthropicBlock] = []
        for part in message.parts {
            switch part {
            case .text(let text): if !isBlank(text) { blocks.append(AnthropicBlock(.text(text))) }
            case .cacheMarker(let marker): mark(&blocks, marker)
            case .imageURL, .imageData, .document: throw omitted.capabilityMissing("takes only text in system messages")
            case .reasoning: break
            }
        }
        return blocks
    }

    private static func user(_ message: Message, _ omitted: Omissions) throws(UltraError) -> [AnthropicBlock] {
        var blocks: [AnthropicBlock] = []
        for part in message.parts {
            switch part {
            case .text(let text): if !isBlank(text) { blocks.append(AnthropicBlock(.text(text))) }
            case .imageURL(let url): blocks.append(try AnthropicFiles.image(url, omitted))
            case .imageData(let mediaType, let base64):
                blocks.append(try AnthropicFiles.image(mediaType, base64, omitted))
            case .document(let document): blocks.append(try AnthropicFiles.document(document, omitted))
            case .cacheMarker(let marker): mark(&blocks, marker)
            case .reasoning: break
            }
        }
        return blocks
    }

    private static func toolResult(_ message: Message, _ omitted: Omissions) throws(UltraError) -> AnthropicBlock {
        var content = try user(message, omitted)
        // The marker must be on the tool result, because blocks inside it do not end a prefix.
        let marker = content.compactMap(\.cacheControl).last
        for index in content.indices { content[index].cacheControl = nil }
        var block = AnthropicBlock(.toolResult(id: message.toolCallID ?? "", content: content))
        block.cacheControl = marker
        return block
    }

    private mutating func assistant(
        _ message: Message, keepsThinking: Bool, takesDocuments: Bool, _ omitted: inout Omissions
    ) throws(UltraError) -> [AnthropicBlock] {
        var blocks: [AnthropicBlock] = []
        for element in message.elements {
            let part: Part
            switch element {
            case .part(let found): part = found
            case .call(let call):
                blocks.append(toolUse(call))
                continue
            }
            switch part {
            case .text(let text): if !Self.isBlank(text) { blocks.append(AnthropicBlock(.text(text))) }
            // Reasoning without a signature is refused.
            case .reasoning(_, nil): break
            case .reasoning(let text, let signature?):
                guard keepsThinking else { break }
                let mark = AnthropicAdapter.redactedPrefix
                blocks.append(
                    AnthropicBlock(
                        signature.hasPrefix(mark)
                            ? .redactedThinking(String(signature.dropFirst(mark.count)))
                            : .thinking(text, signature: signature)))
            case .document(let document) where takesDocuments:
                blocks.append(try AnthropicFiles.document(document, omitted))
            case .imageURL, .imageData, .document:
                throw omitted.capabilityMissing("takes images and documents only in user and tool messages")
            case .cacheMarker(let marker): Self.mark(&blocks, marker)
            }
        }
        return blocks
    }

    private mutating func toolUse(_ call: ToolCall) -> AnthropicBlock {
        if seenNames.insert(call.name).inserted { toolNames.append(call.name) }
        return AnthropicBlock(.toolUse(id: call.id, name: call.name, input: call.object))
    }

    /// Puts `marker` on the last block. A marker of an unknown form is ignored, because it is only a hint.
    private static func mark(_ blocks: inout [AnthropicBlock], _ marker: RawJSON) {
        guard let last = blocks.indices.last, !blocks[last].isThinking, isKnown(marker) else { return }
        blocks[last].cacheControl = marker
    }

    private static func isKnown(_ marker: RawJSON) -> Bool {
        let isKnown = try? JSONReader.read(marker.bytes) { (reader) throws(JSONError) in
            var isEphemeral = false
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "type": isEphemeral = try reader.text() == "ephemeral"
                case "ttl":
                    guard let ttl = try reader.text(), ["5m", "1h"].contains(ttl) else { return false }
                default: return false
                }
            }
            return isEphemeral
        }
        return isKnown ?? false
    }

    private static func isBlank(_ text: String) -> Bool {
        text.isBlank
    }

    private static func withoutSpaceAtEnd(_ text: String) -> String {
        String(text[..<text.wordEnd])
    }
}
