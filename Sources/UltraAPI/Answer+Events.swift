extension Answer {
    /// Takes in the next event of the reply.
    ///
    /// - Parameter keepsContent: false for a streamed answer, whose content went to the client already.
    package mutating func receive(_ event: AnswerEvent, keepsContent: Bool) {
        switch event {
        case .providerModel(let name): providerModel = name
        case .text(let piece): if keepsContent { text += piece }
        case .reasoning(let piece): if keepsContent { receive(reasoning: piece) }
        case .reasoningSignature(let signature): if keepsContent { receive(signature: signature) }
        case .toolCall(let piece): if keepsContent { receive(piece) }
        case .usage(let new): usage.update(with: new)
        case .finish(let reason): finishReason = reason
        case .warning(let warning): if !warnings.contains(warning) { warnings.append(warning) }
        }
    }

    private mutating func receive(reasoning piece: String) {
        if reasoning.last.map({ $0.signature != nil }) ?? true { reasoning.append(ReasoningPiece(text: "")) }
        reasoning[reasoning.count - 1].text += piece
    }

    private mutating func receive(signature: String) {
        if reasoning.last.map({ $0.signature != nil }) ?? true { reasoning.append(ReasoningPiece(text: "")) }
        reasoning[reasoning.count - 1].signature = signature
    }

    private mutating func receive(_ piece: ToolCallDelta) {
        // `AnswerEvent` promises indices without gaps, each begun before it is continued.
        if piece.index >= toolCalls.count { toolCalls.append(ToolCall(id: "", name: "", arguments: "")) }
        let index = min(piece.index, toolCalls.count - 1)
        if let id = piece.id { toolCalls[index].id = id }
        if let name = piece.name { toolCalls[index].name = name }
        toolCalls[index].arguments += piece.arguments
        if let signature = piece.signature { toolCalls[index].signature = signature }
    }
}

extension Usage {
    /// Takes over the numbers that `newer` gives. A 0 takes no number back: servers send it for what they do not know.
    package mutating func update(with newer: Usage) {
        inputTokens = inputTokens.updated(with: newer.inputTokens)
        outputTokens = outputTokens.updated(with: newer.outputTokens)
        cachedInputTokens = cachedInputTokens.updated(with: newer.cachedInputTokens)
        cacheWriteTokens = cacheWriteTokens.updated(with: newer.cacheWriteTokens)
        reasoningTokens = reasoningTokens.updated(with: newer.reasoningTokens)
        source = newer.source
    }
}

extension Int? {
    /// A number of tokens after a later one was told: the later one, unless that is 0 or unknown; never negative.
    package func updated(with newer: Int?) -> Int? {
        if let newer, newer > 0 { return newer }
        return self ?? newer.map { max(0, $0) }
    }
}
