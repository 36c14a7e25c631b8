internal import UltraAPI

/// A `response` object with every member of OpenAI's schema.
struct ResponseObject {
    enum Status: String {
        case inProgress = "in_progress"
        case completed, incomplete, failed
    }

    let origin: AnswerOrigin
    let form: ResponsesForm
    var status = Status.inProgress
    /// nil: the model is the one that the client named.
    var model: String?
    var items: [ResponseItem] = []
    /// nil: not known yet.
    var tokens: AnswerTokens?
    var finish = FinishReason.stop
    var error: UltraError?

    /// The status of an answer with the finish reason `finish`.
    static func status(_ finish: FinishReason) -> Status {
        switch finish {
        case .stop, .toolCalls, .other: .completed
        case .length, .contentFilter: .incomplete
        }
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("id", "resp_\(origin.number)")
        json.field("object", "response")
        json.field("created_at", origin.seconds)
        json.fieldOrNull("completed_at", status == .completed ? origin.seconds : nil)
        json.field("status", status.rawValue)
        json.key("incomplete_details")
        incompleteDetails(&json)
        if let model { json.field("model", model) } else { echo("model", "\"\"", &json) }
        echo("instructions", "null", &json)
        json.key("output")
        json.beginArray()
        for item in items { item.write(isDone: true, includesSignature: form.includesSignatures, to: &json) }
        json.endArray()
        json.key("error")
        writeError(&json)
        json.fieldOrNull("previous_response_id", nil as String?)
        echo("tools", "[]", &json)
        echo("tool_choice", "\"auto\"", &json)
        echo("truncation", "\"disabled\"", &json)
        echo("parallel_tool_calls", "true", &json)
        json.key("text")
        json.beginObject()
        echo("format", #"{"type":"text"}"#, &json)
        json.endObject()
        echo("top_p", "1", &json)
        echo("presence_penalty", "0", &json)
        echo("frequency_penalty", "0", &json)
        json.field("top_logprobs", 0)
        echo("temperature", "1", &json)
        echo("reasoning", #"{"effort":null,"summary":null}"#, &json)
        json.key("usage")
        writeUsage(&json)
        echo("max_output_tokens", "null", &json)
        echo("max_tool_calls", "null", &json)
        json.field("store", false)
        json.field("background", false)
        json.field("service_tier", "default")
        echo("metadata", "{}", &json)
        echo("safety_identifier", "null", &json)
        echo("prompt_cache_key", "null", &json)
        json.endObject()
    }

    /// Writes a member as in the request, or with its default.
    private func echo(_ name: StaticString, _ standard: StaticString, _ json: inout JSONWriter) {
        let value = form.echo["\(name)"] ?? RawJSON(validated: Array("\(standard)".utf8))
        json.field(name, value)
    }

    private func incompleteDetails(_ json: inout JSONWriter) {
        guard status == .incomplete else { return json.null() }
        json.beginObject()
        json.field("reason", finish == .contentFilter ? "content_filter" : "max_output_tokens")
        json.endObject()
    }

    private func writeError(_ json: inout JSONWriter) {
        guard let error else { return json.null() }
        json.beginObject()
        json.field("code", Self.code(error))
        json.field("message", OpenAIErrorWriter.message(error))
        json.endObject()
    }

    private func writeUsage(_ json: inout JSONWriter) {
        guard let tokens else { return json.null() }
        json.beginObject()
        json.field("input_tokens", tokens.input)
        json.key("input_tokens_details")
        json.beginObject()
        json.field("cached_tokens", tokens.cached ?? 0)
        json.endObject()
        json.field("output_tokens", tokens.output)
        json.key("output_tokens_details")
        json.beginObject()
        json.field("reasoning_tokens", tokens.reasoning ?? 0)
        json.endObject()
        json.field("total_tokens", tokens.total)
        if tokens.isEstimated { json.field("usage_source", "estimated") }
        json.endObject()
    }

    /// The error code. Codex gives up on `invalid_prompt`, `context_length_exceeded`, `insufficient_quota` and
    /// `server_is_overloaded`, and repeats the request on all others.
    private static func code(_ error: UltraError) -> String {
        switch error.code {
        case .contextLength: "context_length_exceeded"
        case .quotaExceeded: "insufficient_quota"
        case .overloaded: "server_is_overloaded"
        case .rateLimited: "rate_limit_exceeded"
        case .invalidFrame, .invalidRequest, .badRequest, .capabilityMissing, .contentFiltered, .authentication,
            .permissionDenied, .modelNotFound, .tooLarge:
            "invalid_prompt"
        case .noModelAvailable, .connectFailed, .timeout, .upstreamError, .upstreamProtocol, .streamTruncated,
            .cancelled, .shuttingDown, .fellBehind, .internal:
            "server_error"
        }
    }
}
