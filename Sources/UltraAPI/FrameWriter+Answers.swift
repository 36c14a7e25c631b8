/// The terminal frames.
extension FrameWriter {
    package mutating func ping(_ id: Int) {
        frame(id, "result")
    }

    package mutating func cancelled(_ id: Int, _ isCancelled: Bool) {
        frame(id, "result") { $0.field("cancelled", isCancelled) }
    }

    package mutating func result(_ id: Int, _ answer: Answer) {
        frame(id, "result") { json in
            Self.writeOrigin(answer, to: &json)
            json.field("text", answer.text)
            if !answer.reasoning.isEmpty { json.field("reasoning", answer.reasoning) }
            json.fieldIfPresent("reasoning_signature", answer.reasoningSignature)
            if !answer.toolCalls.isEmpty {
                json.key("tool_calls")
                json.beginArray()
                for call in answer.toolCalls {
                    json.beginObject()
                    json.field("id", call.id)
                    json.field("name", call.name)
                    json.field("arguments", call.arguments)
                    json.endObject()
                }
                json.endArray()
            }
            Self.writeOutcome(answer, to: &json)
        }
    }

    package mutating func done(_ id: Int, _ answer: Answer) {
        frame(id, "done") { json in
            Self.writeOrigin(answer, to: &json)
            Self.writeOutcome(answer, to: &json)
        }
    }

    package mutating func error(_ id: Int, _ error: UltraError) {
        frame(id, "error") { json in
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
            Self.write(error.attempts, to: &json)
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
        json.fieldIfPresent("cache_write_tokens", answer.usage.cacheWriteTokens)
        json.fieldOrNull("reasoning_tokens", answer.usage.reasoningTokens)
        json.endObject()
        json.field("usage_source", answer.usage.source.rawValue)
        json.key("cost_usd")
        if let cost = answer.costMicroUSD { json.fixed(cost, decimals: 6) } else { json.null() }
        json.field("cache", answer.cache.rawValue)
        json.key("timing_ms")
        json.beginObject()
        json.milliseconds("queue", answer.timing.queue)
        if let first = answer.timing.firstToken {
            json.milliseconds("first_token", first)
        } else {
            json.fieldOrNull("first_token", Double?.none)
        }
        json.milliseconds("total", answer.timing.total)
        json.endObject()
        write(answer.attempts, to: &json)
        json.fieldOrNull("request_id", answer.requestID)
        json.key("warnings")
        json.beginArray()
        answer.warnings.forEach { json.string($0) }
        json.endArray()
    }

    private static func write(_ attempts: [Attempt], to json: inout JSONWriter) {
        json.key("attempts")
        json.beginArray()
        for attempt in attempts {
            json.beginObject()
            json.field("model", attempt.model)
            json.field("outcome", attempt.error == nil ? "ok" : "error")
            json.fieldIfPresent("error", attempt.error?.rawValue)
            json.fieldOrNull("status", attempt.status)
            json.milliseconds("ms", attempt.milliseconds)
            json.endObject()
        }
        json.endArray()
    }
}

extension JSONWriter {
    /// A duration with at most three decimals.
    mutating func milliseconds(_ name: StaticString, _ value: Double) {
        key(name)
        fixed(Int((min(max(value, 0), 1e12) * 1000).rounded()), decimals: 3)
    }

    /// `value` / 10^`decimals`, exactly, without trailing zeros.
    mutating func fixed(_ value: Int, decimals: Int) {
        var fraction = value.magnitude
        var places = decimals
        while places > 0, fraction % 10 == 0 {
            fraction /= 10
            places -= 1
        }
        var digits = Array(String(fraction).utf8)
        if digits.count <= places {
            digits.insert(contentsOf: repeatElement(UInt8(ascii: "0"), count: places - digits.count + 1), at: 0)
        }
        if places > 0 { digits.insert(UInt8(ascii: "."), at: digits.count - places) }
        if value < 0 { digits.insert(UInt8(ascii: "-"), at: 0) }
        raw(RawJSON(validated: digits))
    }
}
