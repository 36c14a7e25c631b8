import UltraAPI

/// What a reply has said so far. Adapters report to it; `ReplyDecoder` asks it how the reply stands.
///
/// It turns what servers send into what `AnswerEvent` promises: no empty pieces, tool calls numbered from 0 with
/// unique ids, one finish reason, given last.
package struct ReplyState: Sendable {
    /// What is to be delivered next.
    var events: [AnswerEvent] = []
    /// UTF-8 bytes of text reported.
    private(set) var textBytes = 0
    private(set) var finishReason: FinishReason?
    /// The provider's end marker came: nothing after it matters.
    private(set) var hasEnded = false
    /// The reply is, or contains, an error object.
    private(set) var isError = false
    /// Text, reasoning or a tool call came.
    private(set) var hasContent = false
    /// The provider named its model.
    private(set) var hasModel = false
    /// All usage reported, later figures over earlier ones: for providers whose figures depend on one another.
    private(set) var usageSoFar = Usage()
    /// Tool calls begun.
    var callCount: Int { calls.count }

    /// How the last event of a stream began, up to what differs from one to the next; for `JSONReader.resume(after:)`.
    /// Streams repeat id, model and date in every event, which is most of it.
    private(set) var opening: [UInt8] = []
    /// A finish reason alone does not make the reply complete: the provider promises an end marker.
    private(set) var needsEndMarker = false

    private var isRefusal = false
    private var warnings: [String] = []
    private var calls: [Call] = []
    private var thoughts = LeadingThoughts()
    private let replyID: UInt64
    private let includesReasoning: Bool

    /// Most warnings of one reply: what a server gets wrong, it gets wrong in every event.
    private static let warningLimit = 16

    private struct Call {
        /// The provider's number for it; several calls may share one.
        var key: Int?
        var id: String
        var hasName = false
        var hasArguments = false
    }

    init(replyID: UInt64, includesReasoning: Bool) {
        self.replyID = replyID
        self.includesReasoning = includesReasoning
    }

    /// Remembers an opening that says nothing new.
    mutating func remember(opening bytes: UnsafeRawBufferPointer) {
        opening.removeAll(keepingCapacity: true)
        if bytes.count <= 1024 { opening.append(contentsOf: bytes) }
    }

    /// The model that answers; the first name counts.
    mutating func model(_ name: String) {
        guard !hasModel, !name.isEmpty else { return }
        hasModel = true
        events.append(.providerModel(name))
    }

    mutating func text(_ text: String) {
        guard !text.isEmpty else { return }
        hasContent = true
        textBytes += text.utf8.count
        events.append(.text(text))
    }

    /// Text that may begin with `<think>…</think>`.
    mutating func textWithThoughts(_ text: String) {
        guard !text.isEmpty else { return }
        guard !thoughts.isOver else { return self.text(text) }
        hasContent = true
        deliver(thoughts.take(text))
    }

    private mutating func deliver(_ found: (reasoning: String, text: String)) {
        reasoning(found.reasoning)
        text(found.text)
    }

    /// The model declined, in words of its own; the answer is text, and ends as filtered.
    mutating func refusal(_ text: String) {
        guard !text.isEmpty else { return }
        isRefusal = true
        self.text(text)
    }

    mutating func reasoning(_ text: String) {
        guard !text.isEmpty else { return }
        hasContent = true
        if includesReasoning { events.append(.reasoning(text)) }
    }

    mutating func reasoningSignature(_ signature: String) {
        if includesReasoning, !signature.isEmpty { events.append(.reasoningSignature(signature)) }
    }

    /// Later usage replaces the fields it carries.
    mutating func usage(_ usage: Usage) {
        usageSoFar.update(with: usage)
        events.append(.usage(usage))
    }

    /// Something about the reply is odd, though it is an answer all the same. Each warning is delivered once.
    /// - Parameters:
    ///   - code: what tests and programs go by, such as `no_finish_reason`.
    ///   - sentence: the same for a person.
    mutating func warn(_ code: String, _ sentence: String) {
        let warning = "\(code): \(sentence)"
        guard !warnings.contains(warning), warnings.count < Self.warningLimit else { return }
        warnings.append(warning)
        events.append(.warning(warning))
    }

    /// Why the answer ends; the first reason counts. It is delivered last, when the reply is complete.
    mutating func finish(_ reason: FinishReason) {
        if finishReason == nil { finishReason = reason }
    }

    /// The stream is cut unless the end marker comes.
    mutating func requireEndMarker() {
        needsEndMarker = true
    }

    /// The end marker came.
    mutating func end() {
        hasEnded = true
    }

    /// The bytes just read hold an error object, which `ErrorBody` will read.
    mutating func reportError() {
        isError = true
    }

    /// Whether a call with the provider's number `key` was begun.
    func hasCall(_ key: Int) -> Bool {
        calls.contains { $0.key == key }
    }

    /// A piece of a tool call, or a whole one.
    /// - Parameters:
    ///   - key: the provider's number of the call; `nil`: it gives none, and a new id starts a new call.
    ///   - id: the provider's id; `nil` or empty: it gives none here. One is made if none ever comes.
    ///   - signature: opaque proof that goes back with the call; whole.
    mutating func toolCall(
        key: Int?, id: String? = nil, name: String? = nil, arguments: String = "", signature: String? = nil
    ) {
        hasContent = true
        if !thoughts.isOver { deliver(thoughts.finish()) }
        let id = id == "" ? nil : id
        let index = calls.lastIndex { call in
            if let key { return call.key == key && (id == nil || id == call.id) }
            return id == nil || id == call.id
        }
        guard let index else {
            var call = Call(key: key, id: id ?? "")
            if id == nil || calls.contains(where: { $0.id == call.id }) { call.id = newID(calls.count) }
            call.hasName = name?.isEmpty == false
            call.hasArguments = !arguments.isEmpty
            calls.append(call)
            events.append(
                .toolCall(
                    ToolCallDelta(
                        index: calls.count - 1, id: call.id, name: name, arguments: arguments, signature: signature)))
            return
        }
        // Some servers repeat the name in every piece.
        let newName = calls[index].hasName || name == "" ? nil : name
        if newName != nil { calls[index].hasName = true }
        if !arguments.isEmpty { calls[index].hasArguments = true }
        guard newName != nil || !arguments.isEmpty || signature != nil else { return }
        events.append(
            .toolCall(ToolCallDelta(index: index, name: newName, arguments: arguments, signature: signature)))
    }

    /// A tool call that came whole, and is another one than all before it, whatever id it has or lacks.
    mutating func wholeToolCall(id: String?, name: String, arguments: String, signature: String? = nil) {
        // No provider numbers calls below zero.
        toolCall(key: -1 - calls.count, id: id, name: name, arguments: arguments, signature: signature)
    }

    /// Whether nothing of the arguments of call `key` came.
    func lacksArguments(key: Int) -> Bool {
        !calls.contains { $0.key == key && $0.hasArguments }
    }

    /// Reports the finish reason, after the pieces that calls still lack.
    mutating func conclude() {
        if !thoughts.isOver { deliver(thoughts.finish()) }
        for index in calls.indices where !calls[index].hasArguments {
            events.append(.toolCall(ToolCallDelta(index: index, arguments: "{}")))
        }
        events.append(.finish(concludedReason))
    }

    /// Tool calls decide by their presence: some servers report `stop` beside them, others `tool_calls` without any.
    private var concludedReason: FinishReason {
        switch finishReason ?? .stop {
        case _ where isRefusal: .contentFilter
        case .stop where !calls.isEmpty: .toolCalls
        case .toolCalls where calls.isEmpty: .stop
        case let reason: reason
        }
    }

    private func newID(_ index: Int) -> String {
        "call_\(String(replyID, radix: 36))_\(index)"
    }
}
