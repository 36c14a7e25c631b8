package import UltraAPI

/// Writes an answer in the format of Anthropic's Messages API: as a `message`, or as its stream of events.
package struct MessagesWriter: AnswerWriter {
    /// Clients recognise a complete stream by `message_stop`. If the connection breaks instead, Claude Code drops the
    /// error before it.
    package static let form = AnswerStreamForm(lines: .events, endsProperlyAfterFailure: true)

    private let origin: AnswerOrigin
    private let omitsThinking: Bool
    private var blocks = AnswerBlocks()
    /// Index of the open block, or of the next one.
    private var index = 0
    private var kind = AnswerBlocks.Kind.text
    /// True if the open block of thinking has its signature already.
    private var isSigned = false
    /// UTF-8 bytes of content, the basis for estimating usage that the provider does not report.
    private var contentBytes = 0

    init(_ origin: AnswerOrigin, omitsThinking: Bool = false) {
        self.origin = origin
        self.omitsThinking = omitsThinking
    }

    // MARK: - Unary

    package func body(_ answer: Answer) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        members(model: answer.model, to: &json) { json in
            json.beginArray()
            for part in content(answer) { write(part, to: &json) }
            json.endArray()
        }
        json.field("stop_reason", Self.stopReason(answer.finishReason))
        json.fieldOrNull("stop_sequence", nil as String?)
        json.key("usage")
        tokens(answer, answer.contentBytes).writeMessages(to: &json)
        json.endObject()
        return json.bytes
    }

    private func members(model: String, to json: inout JSONWriter, content: (inout JSONWriter) -> Void) {
        json.field("id", "msg_\(origin.number)")
        json.field("type", "message")
        json.field("role", "assistant")
        json.field("model", model)
        json.key("content")
        content(&json)
    }

    /// The parts of the answer, with the signature of each call as reasoning before it.
    private func content(_ answer: Answer) -> [Answer.Part] {
        answer.parts.flatMap { part -> [Answer.Part] in
            guard case .call(let call) = part, let signature = call.signature else { return [part] }
            return [.reasoning(ReasoningPiece(text: "", signature: CallSignature.written(signature))), part]
        }
    }

    private func write(_ part: Answer.Part, to json: inout JSONWriter) {
        json.beginObject()
        switch part {
        case .text(let text):
            json.field("type", "text")
            json.field("text", text)
        case .reasoning(let piece):
            json.field("type", "thinking")
            json.field("thinking", omitsThinking ? "" : piece.text)
            json.field("signature", piece.signature ?? "")
        case .call(let call):
            json.field("type", "tool_use")
            json.field("id", call.id)
            json.field("name", call.name)
            json.field("input", CallArguments.object(call.arguments))
        }
        json.endObject()
    }

    private static func stopReason(_ reason: FinishReason) -> String {
        switch reason {
        case .stop, .other: "end_turn"
        case .length: "max_tokens"
        case .toolCalls: "tool_use"
        case .contentFilter: "refusal"
        }
    }

    private func tokens(_ answer: Answer, _ contentBytes: Int) -> AnswerTokens {
        AnswerTokens(answer.usage, estimatedInput: origin.estimatedInputTokens, outputBytes: contentBytes)
    }

    // MARK: - Stream

    package mutating func start(model: String, to bytes: inout [UInt8]) {
        ServerSentEvent.write("message_start", to: &bytes) { json in
            json.key("message")
            json.beginObject()
            members(model: model, to: &json) { json in
                json.beginArray()
                json.endArray()
            }
            json.fieldOrNull("stop_reason", nil as String?)
            json.fieldOrNull("stop_sequence", nil as String?)
            json.key("usage")
            // The counts are not known before the end; `message_delta` has them.
            json.beginObject()
            json.field("input_tokens", origin.estimatedInputTokens)
            json.field("cache_creation_input_tokens", 0)
            json.field("cache_read_input_tokens", 0)
            json.field("output_tokens", 1)
            json.endObject()
            json.endObject()
        }
    }

    package mutating func event(_ event: AnswerEvent, to bytes: inout [UInt8]) {
        contentBytes &+= event.contentBytes
        // Swapped, because a copy would double the blocks' text.
        var taken = AnswerBlocks()
        swap(&taken, &blocks)
        taken.receive(event) { step($0, to: &bytes) }
        swap(&taken, &blocks)
    }

    private mutating func step(_ step: AnswerBlocks.Step, to bytes: inout [UInt8]) {
        switch step {
        case .open(let kind):
            self.kind = kind
            isSigned = false
            open(kind, to: &bytes)
        case .text(let text): delta("text_delta", "text", text, to: &bytes)
        case .reasoning(let text): if !omitsThinking { delta("thinking_delta", "thinking", text, to: &bytes) }
        case .signature(let signature):
            isSigned = true
            delta("signature_delta", "signature", signature, to: &bytes)
        case .arguments(let text): delta("input_json_delta", "partial_json", text, to: &bytes)
        case .close:
            if kind == .reasoning, !isSigned { delta("signature_delta", "signature", "", to: &bytes) }
            ServerSentEvent.write("content_block_stop", to: &bytes) { $0.field("index", index) }
            index += 1
        }
    }

    private func open(_ kind: AnswerBlocks.Kind, to bytes: inout [UInt8]) {
        ServerSentEvent.write("content_block_start", to: &bytes) { json in
            json.field("index", index)
            json.key("content_block")
            json.beginObject()
            switch kind {
            case .text:
                json.field("type", "text")
                json.field("text", "")
            case .reasoning:
                json.field("type", "thinking")
                json.field("thinking", "")
                json.field("signature", "")
            case .call(let id, let name):
                json.field("type", "tool_use")
                json.field("id", id)
                json.field("name", name)
                json.key("input")
                json.beginObject()
                json.endObject()
            }
            json.endObject()
        }
    }

    private func delta(_ type: StaticString, _ member: StaticString, _ text: String, to bytes: inout [UInt8]) {
        ServerSentEvent.write("content_block_delta", to: &bytes) { json in
            json.field("index", index)
            json.key("delta")
            json.beginObject()
            json.key("type")
            json.string(type)
            json.field(member, text)
            json.endObject()
        }
    }

    package mutating func done(_ answer: Answer, to bytes: inout [UInt8]) {
        var taken = blocks
        taken.finish { step($0, to: &bytes) }
        ServerSentEvent.write("message_delta", to: &bytes) { json in
            json.key("delta")
            json.beginObject()
            json.field("stop_reason", Self.stopReason(answer.finishReason))
            json.fieldOrNull("stop_sequence", nil as String?)
            json.endObject()
            json.key("usage")
            tokens(answer, contentBytes).writeMessages(to: &json)
        }
        ServerSentEvent.write("message_stop", to: &bytes) { _ in }
    }

    package mutating func failed(_ error: UltraError, to bytes: inout [UInt8]) {
        bytes += Array("event: error\ndata: ".utf8)
        bytes += AnthropicErrorWriter.body(error, requestID: origin.requestID)
        bytes += Array("\n\n".utf8)
    }

    package func filler(to bytes: inout [UInt8]) {
        ServerSentEvent.write("ping", to: &bytes) { _ in }
    }
}

extension AnswerTokens {
    /// `input_tokens` excludes tokens of the provider's cache. `usage_source` marks estimates.
    fileprivate func writeMessages(to json: inout JSONWriter) {
        json.beginObject()
        json.field("input_tokens", uncached)
        json.field("cache_creation_input_tokens", written ?? 0)
        json.field("cache_read_input_tokens", cached ?? 0)
        json.field("output_tokens", output)
        if isEstimated { json.field("usage_source", "estimated") }
        json.endObject()
    }
}
