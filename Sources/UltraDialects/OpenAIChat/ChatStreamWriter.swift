package import UltraAPI

/// Writes an answer piece by piece as `chat.completion.chunk` events.
///
/// The common part of all chunks is encoded once per stream, because nearly every event is a few letters of text.
package struct ChatStreamWriter: AnswerWriter {
    /// openai-python takes a clean end without `[DONE]` for success.
    package static let form = AnswerStreamForm(lines: .events, endsProperlyAfterFailure: false)

    private let origin: ChatAnswerOrigin
    private let includesUsage: Bool
    /// Every chunk from `data: ` to the value of `choices`.
    private var opening: [UInt8] = []
    /// Every chunk of content after its `delta`.
    private let closing: [UInt8]
    /// UTF-8 bytes of content, to estimate usage that the provider does not report.
    private var contentBytes = 0
    /// Incomplete calls of custom tools by index. Their text is inside the JSON arguments, so they are written whole.
    private var customCalls: [Int: ToolCall] = [:]

    package init(_ origin: ChatAnswerOrigin, includesUsage: Bool) {
        self.origin = origin
        self.includesUsage = includesUsage
        closing = Array((#","logprobs":null,"finish_reason":null}]"# + Self.end(includesUsage)).utf8)
    }

    private static func end(_ includesUsage: Bool) -> String {
        (includesUsage ? #","usage":null"# : "") + "}\n\n"
    }

    package func body(_ answer: Answer) -> [UInt8] { ChatAnswerWriter.body(answer, origin) }

    /// The first chunk, before any content.
    ///
    /// - Parameter model: `provider/model` that answers.
    package mutating func start(model: String, to bytes: inout [UInt8]) {
        var json = JSONWriter(appendingTo: Array("data: ".utf8))
        json.beginObject()
        json.field("id", origin.id)
        json.field("object", "chat.completion.chunk")
        json.field("created", origin.created)
        json.field("model", model)
        json.fieldOrNull("system_fingerprint", nil as String?)
        json.key("choices")
        opening = json.bytes
        delta(to: &bytes) { json in
            json.field("role", "assistant")
            json.field("content", "")
        }
    }

    /// Writes an event with content; `done` covers the others.
    package mutating func event(_ event: AnswerEvent, to bytes: inout [UInt8]) {
        contentBytes &+= event.contentBytes
        switch event {
        case .text(let text): delta(to: &bytes) { $0.field("content", text) }
        case .reasoning(let text): delta(to: &bytes) { $0.field("reasoning_content", text) }
        case .toolCall(let piece): call(piece, to: &bytes)
        // Chat Completions has no field for signatures.
        case .reasoningSignature, .providerModel, .usage, .finish, .warning: break
        }
    }

    private mutating func call(_ piece: ToolCallDelta, to bytes: inout [UInt8]) {
        let isCustom = piece.name.map { origin.calls.customTools.contains($0) } ?? false
        if isCustom || customCalls[piece.index] != nil {
            var call = customCalls[piece.index] ?? ToolCall(id: "", name: "", arguments: "")
            call.id = piece.id ?? call.id
            call.name = piece.name ?? call.name
            call.arguments += piece.arguments
            return customCalls[piece.index] = call
        }
        if origin.calls.isLegacy {
            guard piece.index == 0 else { return }
            return delta(to: &bytes) { json in
                json.key("function_call")
                ChatCallWriter.function(name: piece.name, arguments: piece.arguments, to: &json)
            }
        }
        calls(to: &bytes) { json in
            json.beginObject()
            json.field("index", piece.index)
            if let id = piece.id {
                json.field("id", id)
                json.field("type", "function")
            }
            json.key("function")
            ChatCallWriter.function(name: piece.name, arguments: piece.arguments, to: &json)
            json.endObject()
        }
    }

    /// Ends a complete answer: the finish reason, usage if requested, and `[DONE]`.
    package mutating func done(_ answer: Answer, to bytes: inout [UInt8]) {
        for (index, call) in customCalls.sorted(by: { $0.key < $1.key }) {
            calls(to: &bytes) { ChatCallWriter.whole(call, index: index, origin.calls, to: &$0) }
        }
        customCalls = [:]
        bytes += opening
        bytes += Array(#"[{"index":0,"delta":{},"logprobs":null,"finish_reason":""#.utf8)
        bytes += Array(ChatFinish.word(answer.finishReason, origin.calls).utf8)
        bytes += Array((#""}]"# + Self.end(includesUsage)).utf8)
        if includesUsage {
            bytes += opening
            bytes += Array(#"[],"usage":"#.utf8)
            var json = JSONWriter()
            AnswerTokens(answer.usage, estimatedInput: origin.estimatedInputTokens, outputBytes: contentBytes)
                .writeChat(to: &json)
            bytes += json.bytes
            bytes += Array("}\n\n".utf8)
        }
        bytes += Array("data: [DONE]\n\n".utf8)
    }

    /// Ends an answer that failed after its start, without `[DONE]`, which clients take for success.
    package func failed(_ error: UltraError, to bytes: inout [UInt8]) {
        bytes += Array("data: ".utf8)
        bytes += OpenAIErrorWriter.body(error)
        bytes += Array("\n\n".utf8)
    }

    /// Writes a comment, which clients ignore (HTML Living Standard, section 9.2), to keep an idle connection alive.
    package func filler(to bytes: inout [UInt8]) {
        bytes += Array(": ultrad\n\n".utf8)
    }

    private func calls(to bytes: inout [UInt8], _ write: (inout JSONWriter) -> Void) {
        delta(to: &bytes) { json in
            json.key("tool_calls")
            json.beginArray()
            write(&json)
            json.endArray()
        }
    }

    private func delta(to bytes: inout [UInt8], _ write: (inout JSONWriter) -> Void) {
        bytes += opening
        bytes += Self.beforeDelta
        ServerSentEvent.object(to: &bytes, write)
        bytes += closing
    }

    private static let beforeDelta = Array(#"[{"index":0,"delta":"#.utf8)
}
