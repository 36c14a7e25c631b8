package import UltraAPI

/// Values that a unary answer and every chunk of a stream contain.
package struct ChatAnswerOrigin: Sendable, Equatable {
    /// `chatcmpl-` and the request's number.
    package var id: String
    /// Seconds since 1970.
    package var created: Int
    /// Estimated input tokens, used if the provider does not report them.
    package var estimatedInputTokens: Int
    package var calls: ChatCallForm

    package init(id: String, created: Int, estimatedInputTokens: Int, calls: ChatCallForm = ChatCallForm()) {
        self.id = id
        self.created = created
        self.estimatedInputTokens = estimatedInputTokens
        self.calls = calls
    }
}

/// Writes a complete answer as a `chat.completion`.
package enum ChatAnswerWriter {
    package static func body(_ answer: Answer, _ origin: ChatAnswerOrigin) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("id", origin.id)
        json.field("object", "chat.completion")
        json.field("created", origin.created)
        json.field("model", answer.model)
        json.fieldOrNull("system_fingerprint", nil as String?)
        json.key("choices")
        json.beginArray()
        json.beginObject()
        json.field("index", 0)
        json.key("message")
        message(answer, origin.calls, to: &json)
        json.fieldOrNull("logprobs", nil as String?)
        json.field("finish_reason", ChatFinish.word(answer.finishReason, origin.calls))
        json.endObject()
        json.endArray()
        json.key("usage")
        AnswerTokens(answer.usage, estimatedInput: origin.estimatedInputTokens, outputBytes: answer.contentBytes)
            .writeChat(to: &json)
        json.endObject()
        return json.bytes
    }

    private static func message(_ answer: Answer, _ form: ChatCallForm, to json: inout JSONWriter) {
        json.beginObject()
        json.field("role", "assistant")
        json.fieldOrNull("content", answer.text.isEmpty && !answer.toolCalls.isEmpty ? nil : answer.text)
        let reasoning = answer.reasoning.map(\.text).joined()
        if !reasoning.isEmpty { json.field("reasoning_content", reasoning) }
        json.fieldOrNull("refusal", nil as String?)
        if form.isLegacy {
            if let call = answer.toolCalls.first {
                json.key("function_call")
                ChatCallWriter.function(name: call.name, arguments: call.arguments, to: &json)
            }
        } else if !answer.toolCalls.isEmpty {
            json.key("tool_calls")
            json.beginArray()
            for call in answer.toolCalls { ChatCallWriter.whole(call, index: nil, form, to: &json) }
            json.endArray()
        }
        json.endObject()
    }
}

enum ChatFinish {
    static func word(_ reason: FinishReason, _ form: ChatCallForm) -> String {
        switch reason {
        case .stop, .other: "stop"
        case .length: "length"
        case .toolCalls: form.isLegacy ? "function_call" : "tool_calls"
        case .contentFilter: "content_filter"
        }
    }
}

enum ChatCallWriter {
    /// - Parameter index: The call's index, for a chunk of a stream; nil for a unary answer.
    static func whole(_ call: ToolCall, index: Int?, _ form: ChatCallForm, to json: inout JSONWriter) {
        let isCustom = form.customTools.contains(call.name)
        json.beginObject()
        json.fieldIfPresent("index", index)
        json.field("id", call.id)
        json.field("type", isCustom ? "custom" : "function")
        if isCustom {
            json.key("custom")
            json.beginObject()
            json.field("name", call.name)
            json.field("input", CustomTool.input(call.arguments))
            json.endObject()
        } else {
            json.key("function")
            function(name: call.name, arguments: call.arguments, to: &json)
        }
        json.endObject()
    }

    static func function(name: String?, arguments: String, to json: inout JSONWriter) {
        json.beginObject()
        json.fieldIfPresent("name", name)
        json.field("arguments", arguments)
        json.endObject()
    }
}

extension AnswerTokens {
    /// Clients require integers; `usage_source` says if they are estimates.
    func writeChat(to json: inout JSONWriter) {
        json.beginObject()
        json.field("prompt_tokens", input)
        json.field("completion_tokens", output)
        json.field("total_tokens", total)
        if let cached {
            json.key("prompt_tokens_details")
            json.beginObject()
            json.field("cached_tokens", cached)
            json.endObject()
        }
        if let reasoning {
            json.key("completion_tokens_details")
            json.beginObject()
            json.field("reasoning_tokens", reasoning)
            json.endObject()
        }
        if isEstimated { json.field("usage_source", "estimated") }
        json.endObject()
    }
}
