package import UltraAPI

/// Writes an answer in Ollama's format: one JSON object, or one on each line of a stream.
package struct OllamaWriter: AnswerWriter {
    /// Clients recognise a complete stream by its line with `"done":true`.
    package static let form = AnswerStreamForm(lines: .json, endsProperlyAfterFailure: true)

    private let origin: AnswerOrigin
    /// The model as the client named it.
    private let name: String
    private let isChat: Bool
    private let createdAt: String
    private var blocks = AnswerBlocks()
    /// The open call.
    private var call: ToolCall?
    private var callCount = 0
    /// UTF-8 bytes of content, the basis for estimating usage that the provider does not report.
    private var contentBytes = 0

    init(_ origin: AnswerOrigin, name: String, isChat: Bool) {
        self.origin = origin
        self.name = name
        self.isChat = isChat
        createdAt = HTTPDateText.internetDate(origin.time)
    }

    /// The part of the answer that one line contains.
    private struct Content {
        var text = ""
        var thinking = ""
        var calls: [ToolCall] = []
        /// The index of the first of `calls` within the answer.
        var firstCall = 0
    }

    // MARK: - Unary

    package func body(_ answer: Answer) -> [UInt8] {
        var content = Content(text: answer.text, calls: answer.toolCalls)
        content.thinking = answer.reasoning.map(\.text).joined()
        var bytes: [UInt8] = []
        write(content, to: &bytes) { end(answer, answer.contentBytes, to: &$0) }
        return bytes
    }

    /// The answer to a request that only loads or unloads a model.
    ///
    /// - Parameter word: `load` or `unload`.
    package func loaded(_ word: String) -> [UInt8] {
        var bytes: [UInt8] = []
        write(Content(), to: &bytes) { json in
            json.field("done", true)
            json.field("done_reason", word)
        }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    // MARK: - Stream

    package mutating func start(model: String, to bytes: inout [UInt8]) {}

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
        case .open(.call(let id, let name)): call = ToolCall(id: id, name: name, arguments: "")
        case .open(.text), .open(.reasoning), .signature: break
        case .text(let text): line(Content(text: text), to: &bytes)
        case .reasoning(let text): line(Content(thinking: text), to: &bytes)
        case .arguments(let text): call?.arguments += text
        case .close:
            guard let call else { return }
            line(Content(calls: [call], firstCall: callCount), to: &bytes)
            self.call = nil
            callCount += 1
        }
    }

    private func line(_ content: Content, to bytes: inout [UInt8]) {
        write(content, to: &bytes) { $0.field("done", false) }
        bytes.append(UInt8(ascii: "\n"))
    }

    package mutating func done(_ answer: Answer, to bytes: inout [UInt8]) {
        var taken = blocks
        taken.finish { step($0, to: &bytes) }
        write(Content(), to: &bytes) { end(answer, contentBytes, to: &$0) }
        bytes.append(UInt8(ascii: "\n"))
    }

    package mutating func failed(_ error: UltraError, to bytes: inout [UInt8]) {
        bytes += OllamaErrorWriter.body(error)
        bytes.append(UInt8(ascii: "\n"))
    }

    package func filler(to bytes: inout [UInt8]) {}

    // MARK: - Parts

    private func write(_ content: Content, to bytes: inout [UInt8], _ end: (inout JSONWriter) -> Void) {
        ServerSentEvent.object(to: &bytes) { json in
            json.field("model", name)
            json.field("created_at", createdAt)
            if isChat {
                json.key("message")
                json.beginObject()
                json.field("role", "assistant")
                json.field("content", content.text)
                if !content.thinking.isEmpty { json.field("thinking", content.thinking) }
                if !content.calls.isEmpty { calls(content, to: &json) }
                json.endObject()
            } else {
                json.field("response", content.text)
                if !content.thinking.isEmpty { json.field("thinking", content.thinking) }
            }
            end(&json)
        }
    }

    private func calls(_ content: Content, to json: inout JSONWriter) {
        json.key("tool_calls")
        json.beginArray()
        for (index, call) in content.calls.enumerated() {
            json.beginObject()
            json.field("id", call.id)
            json.key("function")
            json.beginObject()
            json.field("index", content.firstCall + index)
            json.field("name", call.name)
            json.field("arguments", CallArguments.object(call.arguments))
            json.endObject()
            json.endObject()
        }
        json.endArray()
    }

    private func end(_ answer: Answer, _ contentBytes: Int, to json: inout JSONWriter) {
        let tokens = AnswerTokens(
            answer.usage, estimatedInput: origin.estimatedInputTokens, outputBytes: contentBytes)
        let total = Self.nanoseconds(answer.timing.total)
        let first = min(total, Self.nanoseconds(answer.timing.firstToken ?? answer.timing.total))
        json.field("done", true)
        json.field("done_reason", answer.finishReason == .length ? "length" : "stop")
        json.field("total_duration", total)
        json.field("load_duration", 0)
        json.field("prompt_eval_count", tokens.input)
        json.field("prompt_eval_duration", first)
        json.field("eval_count", tokens.output)
        json.field("eval_duration", total - first)
        if tokens.isEstimated { json.field("usage_source", "estimated") }
    }

    private static func nanoseconds(_ milliseconds: Double) -> Int {
        Int(min(max(milliseconds, 0), 1e9) * 1e6)
    }
}
