/// Terminal frames.
extension FrameWriter {
    package mutating func result(_ id: Int, _ report: Report) {
        frame(id, "result") { $0.members(of: report) }
    }

    /// Appends the `result` of `generate`.
    package mutating func result(_ id: Int, _ answer: Answer) {
        let content = answer.contentByteCount
        // Encoding a long answer in vain, or into a buffer that grows step by step, would take a multiple of its memory.
        guard content <= maxFrameBytes else { return tooLong(id, content) }
        let fitsTwice = 2 * content <= maxFrameBytes
        reserve(fitsTwice ? 2 * content : content)
        // The parts repeat the content, so an answer that is too long with them is sent without.
        if fitsTwice, attempt(id, "result", { Self.write(answer, hasParts: true, to: &$0) }) { return }
        frame(id, "result") { Self.write(answer, hasParts: false, to: &$0) }
    }

    private static func write(_ answer: Answer, hasParts: Bool, to json: inout JSONWriter) {
        writeOrigin(answer, to: &json)
        json.field("text", answer.text)
        json.field("reasoning", answer.reasoning.map(\.text).joined())
        writeSigned(answer.reasoning, answer, to: &json)
        json.toolCalls(answer.toolCalls)
        if hasParts {
            json.key("parts")
            json.beginArray()
            for part in answer.parts { write(part, to: &json) }
            json.endArray()
        }
        writeOutcome(answer, to: &json)
    }

    /// Writes a part as a client sends it back in an assistant message.
    private static func write(_ part: Answer.Part, to json: inout JSONWriter) {
        switch part {
        case .text(let text):
            json.beginObject()
            json.field("type", "text")
            json.field("text", text)
            json.endObject()
        case .reasoning(let piece): write(piece, to: &json)
        case .call(let call):
            json.beginObject()
            json.field("type", "tool_call")
            json.members(of: call)
            json.endObject()
        }
    }

    private static func write(_ piece: ReasoningPiece, to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "reasoning")
        json.field("text", piece.text)
        json.fieldIfPresent("signature", piece.signature)
        json.endObject()
    }

    /// Writes `reasoning_parts`, for clients that do not know `parts`; left out where no piece has a signature.
    private static func writeSigned(_ reasoning: [ReasoningPiece], _ answer: Answer, to json: inout JSONWriter) {
        guard reasoning.contains(where: { $0.signature != nil }) else { return }
        json.key("reasoning_parts")
        json.beginArray()
        for piece in answer.signedReasoning { write(piece, to: &json) }
        json.endArray()
    }

    /// Appends the `done` of a stream, without the content that was already sent.
    package mutating func done(_ id: Int, _ answer: Answer) {
        frame(id, "done") { json in
            Self.writeOrigin(answer, to: &json)
            Self.writeOutcome(answer, to: &json)
        }
    }

    package mutating func result(_ id: Int, _ answer: EmbedAnswer) {
        reserve(answer.embeddings.vectors.reduce(0) { $0 + $1.bytes.count + 1 })
        frame(id, "result") { json in
            json.field("model", answer.model)
            json.field("provider", answer.provider)
            json.fieldOrNull("provider_model", answer.embeddings.providerModel)
            json.key("embeddings")
            json.beginArray()
            for vector in answer.embeddings.vectors { json.raw(vector) }
            json.endArray()
            json.fieldOrNull("dimensions", answer.embeddings.dimensions)
            json.key("usage")
            json.beginObject()
            json.fieldOrNull("input_tokens", answer.embeddings.inputTokens)
            json.endObject()
            json.key("cost_usd")
            if let cost = answer.costMicroUSD { json.fixed(cost, places: 6) } else { json.null() }
            json.field("cache", answer.cache.rawValue)
            json.attempts(answer.attempts)
            json.fieldOrNull("request_id", answer.requestID)
            json.key("warnings")
            json.beginArray()
            answer.warnings.forEach { json.string($0) }
            json.endArray()
        }
    }

    package mutating func error(_ id: Int, _ error: UltraError) {
        encode(id, "error") { json in
            json.key("error")
            json.beginObject()
            json.field("code", error.code.rawValue)
            json.field("message", error.message)
            json.fieldIfPresent("hint", error.hint)
            json.fieldIfPresent("field", error.field)
            json.fieldIfPresent("timeout", error.timeout?.rawValue)
            json.fieldIfPresent("provider", error.provider)
            json.fieldIfPresent("model", error.model)
            json.fieldIfPresent("status", error.status)
            json.fieldIfPresent("provider_code", error.providerCode)
            json.fieldIfPresent("request_id", error.requestID)
            json.field("retryable", error.isRetryable)
            json.fieldIfPresent("retry_after_ms", error.retryAfterMilliseconds)
            json.fieldIfPresent("partial_text_bytes", error.partialTextBytes)
            json.attempts(error.attempts)
            if !error.problems.isEmpty {
                json.key("problems")
                json.beginArray()
                for problem in error.problems { json.string(problem) }
                json.endArray()
            }
            json.endObject()
        }
    }

    private static func writeOrigin(_ answer: Answer, to json: inout JSONWriter) {
        json.field("model", answer.model)
        json.field("provider", answer.provider)
        json.fieldOrNull("provider_model", answer.providerModel)
        if answer.isMock { json.field("mock", true) }
    }

    private static func writeOutcome(_ answer: Answer, to json: inout JSONWriter) {
        json.field("finish_reason", answer.finishReason.rawValue)
        json.key("usage")
        json.beginObject()
        json.fieldOrNull("input_tokens", answer.usage.inputTokens)
        json.fieldOrNull("output_tokens", answer.usage.outputTokens)
        json.fieldOrNull("cached_input_tokens", answer.usage.cachedInputTokens)
        json.fieldOrNull("cache_write_tokens", answer.usage.cacheWriteTokens)
        json.fieldOrNull("reasoning_tokens", answer.usage.reasoningTokens)
        json.endObject()
        json.field("usage_source", answer.usage.source.rawValue)
        json.key("cost_usd")
        if let cost = answer.costMicroUSD { json.fixed(cost, places: 6) } else { json.null() }
        json.field("cache", answer.cache.rawValue)
        json.key("timing_ms")
        json.beginObject()
        json.milliseconds("queue", answer.timing.queue)
        if let first = answer.timing.firstToken {
            json.milliseconds("first_token", first)
        } else {
            json.fieldOrNull("first_token", nil as Double?)
        }
        json.milliseconds("total", answer.timing.total)
        json.endObject()
        json.attempts(answer.attempts)
        json.fieldOrNull("request_id", answer.requestID)
        json.key("warnings")
        json.beginArray()
        answer.warnings.forEach { json.string($0) }
        json.endArray()
    }
}

extension Answer {
    /// UTF-8 length of text, reasoning and arguments: its frame is at least that long.
    fileprivate var contentByteCount: Int {
        let reasoning = reasoning.reduce(0) { $0 + $1.text.utf8.count }
        return text.utf8.count + reasoning + toolCalls.reduce(0) { $0 + $1.arguments.utf8.count }
    }
}

extension JSONWriter {
    /// Writes the member `tool_calls`.
    package mutating func toolCalls(_ calls: [ToolCall]) {
        key("tool_calls")
        beginArray()
        for call in calls {
            beginObject()
            members(of: call)
            endObject()
        }
        endArray()
    }

    fileprivate mutating func members(of call: ToolCall) {
        field("id", call.id)
        field("name", call.name)
        field("arguments", call.arguments)
        fieldIfPresent("signature", call.signature)
    }

    /// Writes the member `attempts`.
    package mutating func attempts(_ attempts: [Attempt]) {
        key("attempts")
        beginArray()
        for attempt in attempts {
            beginObject()
            field("model", attempt.model)
            if let state = attempt.skipped {
                field("outcome", "skipped")
                field("error", state)
            } else {
                field("outcome", attempt.error == nil ? "ok" : "error")
                fieldIfPresent("error", attempt.error?.rawValue)
            }
            fieldOrNull("status", attempt.status)
            milliseconds("ms", attempt.milliseconds)
            endObject()
        }
        endArray()
    }

    /// Writes a duration in milliseconds with at most three decimals, clamped to 0 … 1000 years.
    mutating func milliseconds(_ name: StaticString, _ value: Double) {
        key(name)
        // The comparison is false for NaN.
        fixed(value > 0 ? Int((min(value, 31_536_000_000_000) * 1000).rounded()) : 0, places: 3)
    }
}
