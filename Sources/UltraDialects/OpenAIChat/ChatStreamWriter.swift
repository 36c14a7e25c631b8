package import UltraAPI

/// Writes an answer piece by piece as `chat.completion.chunk` events.
///
/// What all chunks of a stream have in common is written once; an event of text costs its own bytes and two copies.
package struct ChatStreamWriter: Sendable {
    private let origin: ChatAnswerOrigin
    private let includesUsage: Bool
    /// From `data: ` up to the value of `choices`.
    private var opening: [UInt8] = []
    /// From behind a delta to the end of its event.
    private let closing: [UInt8]
    /// UTF-8 bytes of content, for a provider that tells no usage.
    private var contentBytes = 0
    /// Calls of custom tools, by index, until they are complete: their text stands inside their arguments.
    private var customCalls: [Int: ToolCall] = [:]

    package init(_ origin: ChatAnswerOrigin, includesUsage: Bool) {
        self.origin = origin
        self.includesUsage = includesUsage
        closing = Array((#","logprobs":null,"finish_reason":null}]"# + Self.end(includesUsage)).utf8)
    }

    private static func end(_ includesUsage: Bool) -> String {
        (includesUsage ? #","usage":null"# : "") + "}\n\n"
    }

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

    /// Events that are no content are told by `done` and add nothing.
    package mutating func event(_ event: AnswerEvent, to bytes: inout [UInt8]) {
        switch event {
        case .text(let text):
            contentBytes &+= text.utf8.count
            delta(to: &bytes) { $0.field("content", text) }
        case .reasoning(let text):
            contentBytes &+= text.utf8.count
            delta(to: &bytes) { $0.field("reasoning_content", text) }
        case .toolCall(let piece): call(piece, to: &bytes)
        // A signature has no place here.
        case .reasoningSignature, .providerModel, .usage, .finish, .warning: break
        }
    }

    private mutating func call(_ piece: ToolCallDelta, to bytes: inout [UInt8]) {
        contentBytes &+= piece.arguments.utf8.count &+ (piece.name?.utf8.count ?? 0)
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

    /// The end of an answer: what is left of it, the reason, usage if it was asked for, and `[DONE]`.
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
            ChatUsage(answer.usage, origin, outputBytes: contentBytes).write(to: &json)
            bytes += json.bytes
            bytes += Array("}\n\n".utf8)
        }
        bytes += Array("data: [DONE]\n\n".utf8)
    }

    /// The end of an answer that failed after it began: without `[DONE]`, by which clients know a complete one.
    package func failed(_ error: UltraError, to bytes: inout [UInt8]) {
        bytes += Array("data: ".utf8)
        bytes += OpenAIErrorWriter.body(error)
        bytes += Array("\n\n".utf8)
    }

    /// A comment, which clients skip (HTML Living Standard, section 9.2), for connections that must not look idle.
    package static func filler(to bytes: inout [UInt8]) {
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
        // Changed places, not copied: a second reference would make the next write copy all that is unsent.
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        var json = JSONWriter(appendingTo: taken)
        taken = []
        json.beginObject()
        write(&json)
        json.endObject()
        swap(&bytes, &json.bytes)
        bytes += closing
    }

    private static let beforeDelta = Array(#"[{"index":0,"delta":"#.utf8)
}
