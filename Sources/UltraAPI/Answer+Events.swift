extension Answer {
    /// Adds the next event of the reply.
    /// - Parameter keepsContent: False for a streamed answer, whose content was already sent to the client.
    package mutating func receive(_ event: AnswerEvent, keepsContent: Bool) {
        switch event {
        case .providerModel(let name): providerModel = name
        case .text(let piece): if keepsContent { receive(text: piece) }
        case .reasoning(let piece): if keepsContent { receive(reasoning: piece) }
        case .reasoningSignature(let signature): if keepsContent { receive(signature: signature) }
        case .toolCall(let piece): if keepsContent { receive(piece) }
        case .usage(let new): usage.update(with: new)
        case .finish(let reason): finishReason = reason
        case .warning(let warning): if !warnings.contains(warning) { warnings.append(warning) }
        }
    }

    private mutating func receive(text piece: String) {
        if case .text? = order.last {} else { order.append(.text(text.utf8.count)) }
        text += piece
    }

    private mutating func receive(reasoning piece: String) {
        reasoning[openReasoning()].text += piece
    }

    private mutating func receive(signature: String) {
        reasoning[openReasoning()].signature = signature
    }

    /// The index of the reasoning piece to continue, or of a new one: a piece ends with its signature or when other
    /// content follows.
    private mutating func openReasoning() -> Int {
        if case .reasoning(let index)? = order.last, reasoning.indices.contains(index),
            reasoning[index].signature == nil
        {
            return index
        }
        order.append(.reasoning(reasoning.count))
        reasoning.append(ReasoningPiece(text: ""))
        return reasoning.count - 1
    }

    private mutating func receive(_ piece: ToolCallDelta) {
        // `ToolCallDelta` indices have no gaps.
        if piece.index >= toolCalls.count {
            order.append(.call(toolCalls.count))
            toolCalls.append(ToolCall(id: "", name: "", arguments: ""))
        }
        let index = min(piece.index, toolCalls.count - 1)
        if let id = piece.id { toolCalls[index].id = id }
        if let name = piece.name { toolCalls[index].name = name }
        toolCalls[index].arguments += piece.arguments
        if let signature = piece.signature { toolCalls[index].signature = signature }
    }
}

// MARK: - In the order it came

extension Answer {
    /// One piece of content, in the form in which it is sent back.
    package enum Part: Sendable, Equatable {
        case text(String)
        case reasoning(ReasoningPiece)
        case call(ToolCall)
    }

    /// The whole content in its original order.
    package var parts: [Part] {
        let order = order.isEmpty ? usualOrder : order
        var parts: [Part] = []
        for (number, mark) in order.enumerated() {
            switch mark {
            case .text(let start):
                let end = order[(number + 1)...].lazy.compactMap(\.textStart).first ?? text.utf8.count
                parts.append(.text(text.utf8Slice(start..<end)))
            case .reasoning(let index):
                if reasoning.indices.contains(index) { parts.append(.reasoning(reasoning[index])) }
            case .call(let index): if toolCalls.indices.contains(index) { parts.append(.call(toolCalls[index])) }
            }
        }
        return parts
    }

    /// Reasoning, text and calls one after the other, for an answer whose order is unknown.
    package var usualOrder: [Mark] {
        reasoning.indices.map { .reasoning($0) } + (text.isEmpty ? [] : [.text(0)])
            + toolCalls.indices.map { .call($0) }
    }

    /// The reasoning for clients that do not use `parts`: adjacent pieces are joined up to each signature.
    package var signedReasoning: [ReasoningPiece] {
        var pieces: [ReasoningPiece] = []
        for piece in reasoning {
            if let last = pieces.last, last.signature == nil {
                pieces[pieces.count - 1] = ReasoningPiece(text: last.text + piece.text, signature: piece.signature)
            } else {
                pieces.append(piece)
            }
        }
        return pieces
    }
}

extension Answer.Mark {
    fileprivate var textStart: Int? {
        if case .text(let start) = self { start } else { nil }
    }
}

extension String {
    /// The text between two UTF-8 offsets on character boundaries.
    fileprivate func utf8Slice(_ range: Range<Int>) -> String {
        if range == 0..<utf8.count { return self }
        guard let start = utf8.index(startIndex, offsetBy: range.lowerBound, limitedBy: endIndex),
            let end = utf8.index(startIndex, offsetBy: range.upperBound, limitedBy: endIndex), start <= end
        else { return "" }
        return String(decoding: utf8[start..<end], as: UTF8.self)
    }
}

extension Usage {
    /// Takes over the counts of `newer`. A 0 does not replace a count: some servers send it for unknown counts.
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
    /// A token count after a later report: the later one, unless it is 0 or nil. Never negative.
    package func updated(with newer: Int?) -> Int? {
        if let newer, newer > 0 { return newer }
        return self ?? newer.map { max(0, $0) }
    }
}
