import UltraAPI

/// The content of a reply so far. Adapters report to it, and `ReplyInterpreter` queries its state.
///
/// It turns what providers send into what `AnswerEvent` guarantees: no empty pieces, tool calls numbered from 0 with
/// unique ids, and one finish reason at the end.
package struct ReplyState: Sendable {
    /// The reason why a reply that ended normally is not a valid answer.
    enum Flaw: Sendable {
        /// The finish reason is `tool_calls`, but there are none.
        case lacksCall
        /// The arguments of a call are incomplete.
        case cutsCall
    }

    /// The events to be delivered next.
    var events: [AnswerEvent] = []
    /// The digests of all text and of all reasoning reported so far.
    private(set) var textDigest = TextDigest()
    private(set) var reasoningDigest = TextDigest()
    private(set) var finishReason: FinishReason?
    /// True if the end marker was received. Everything after it is ignored.
    private(set) var hasEnded = false
    /// True if the reply is, or contains, an error object.
    private(set) var isError = false
    /// True if text, reasoning or a tool call was received.
    private(set) var hasContent = false
    /// True if the provider has named its model.
    private(set) var hasModel = false
    /// All reported usage, later values over earlier ones, for providers whose values depend on one another.
    private(set) var usageSoFar = Usage()
    /// True if the reply is one document, in which every part occurs once.
    var isDocument = false
    /// True if events contain pieces of content, rather than all content so far.
    private(set) var hasPieces = false
    private(set) var calls: CallAssembly
    /// Digests of numbered parts, for APIs whose pieces name the part they belong to.
    var textParts = PartDigests()
    var reasoningParts = PartDigests()

    /// The beginning of the last event, up to the first member that differs between events; for
    /// `JSONReader.resume(after:)`. Streams repeat id, model and date in every event, which are most of its bytes.
    private(set) var opening: [UInt8] = []
    /// True if the stream is complete only with an end marker; a finish reason does not suffice.
    private(set) var needsEndMarker = false

    private var isRefusal = false
    private var warnings: [String] = []
    private var signatures: Set<String> = []
    private var inlineReasoning = InlineReasoning()
    /// The starts of blocks, which later pieces may repeat.
    private var textStart: RepeatedText?
    private var reasoningStart: RepeatedText?
    private let includesReasoning: Bool

    /// The maximum number of warnings per reply, because a faulty server repeats its fault in every event.
    private static let warningLimit = 16

    /// - Parameter replyID: makes generated tool call ids unique; no two replies may have the same.
    init(replyID: UInt64, includesReasoning: Bool) {
        calls = CallAssembly(replyID: replyID)
        self.includesReasoning = includesReasoning
    }

    /// The length of the reported text in UTF-8 bytes.
    var textBytes: Int { textDigest.byteCount }

    /// Stores the beginning of an event whose members carry nothing new.
    mutating func remember(opening bytes: UnsafeRawBufferPointer) {
        opening.removeAll(keepingCapacity: true)
        if bytes.count <= 1024 { opening.append(contentsOf: bytes) }
    }

    /// Reports the model that the provider names. Only the first name is delivered.
    mutating func model(_ name: String) {
        guard !hasModel, !name.isEmpty else { return }
        hasModel = true
        events.append(.providerModel(name))
    }

    /// Reports usage. Its fields replace those reported before.
    mutating func usage(_ usage: Usage) {
        usageSoFar.update(with: usage)
        events.append(.usage(usage))
    }

    /// Reports an anomaly in a reply that is still a valid answer. Equal warnings are delivered once.
    /// - Parameters:
    ///   - code: identifies the anomaly for programs, such as `no_finish_reason`.
    ///   - sentence: describes it for people.
    mutating func warn(_ code: String, _ sentence: String) {
        let warning = "\(code): \(sentence)"
        guard !warnings.contains(warning), warnings.count < Self.warningLimit else { return }
        warnings.append(warning)
        events.append(.warning(warning))
    }

    /// Reports the finish reason. Only the first one counts, and it is delivered last, when the reply is complete.
    mutating func finish(_ reason: FinishReason) {
        if finishReason == nil { finishReason = reason }
    }

    /// Makes the stream count as truncated unless the end marker is received.
    mutating func requireEndMarker() {
        needsEndMarker = true
    }

    /// Reports the end marker.
    mutating func end() {
        hasEnded = true
    }

    /// Reports that the bytes being decoded contain an error object, which `ErrorBody` will read.
    mutating func reportError() {
        isError = true
    }
}

// MARK: - Text and reasoning

extension ReplyState {
    mutating func text(_ text: String) {
        guard !text.isEmpty else { return }
        guard textStart == nil else { return textAfterStart(text) }
        hasContent = true
        textDigest.add(text)
        events.append(.text(text))
    }

    /// Reports a piece of text that may begin with `<think>…</think>`.
    mutating func textWithThinkTag(_ text: String) {
        guard !text.isEmpty else { return }
        guard !inlineReasoning.isOver else { return self.text(text) }
        hasContent = true
        deliver(inlineReasoning.receive(text))
    }

    /// Reports a piece of part `key` of the text.
    mutating func text(_ text: String, part key: Int) {
        textParts.select(key, after: textDigest)
        self.text(text)
    }

    /// Reports reasoning from a separate field, which the text may repeat in a `<think>` tag.
    mutating func reasoningField(_ text: String) {
        guard !text.isEmpty else { return }
        reasoning(inlineReasoning.receiveField(text))
    }

    /// Reports the model's refusal. It is delivered as text, and the finish reason becomes `content_filter`.
    mutating func refusal(_ text: String) {
        guard !text.isEmpty else { return }
        isRefusal = true
        self.text(text)
    }

    mutating func reasoning(_ text: String) {
        guard !text.isEmpty else { return }
        guard reasoningStart == nil else { return reasoningAfterStart(text) }
        hasContent = true
        reasoningDigest.add(text)
        if includesReasoning { events.append(.reasoning(text)) }
    }

    /// Reports a piece of part `key` of the reasoning.
    mutating func reasoning(_ text: String, part key: Int) {
        reasoningParts.select(key, after: reasoningDigest)
        reasoning(text)
    }

    /// Reports a signature of reasoning. Repetitions are dropped.
    /// - Parameter id: the id of the signed reasoning, for providers whose signature differs in each repetition.
    mutating func reasoningSignature(_ signature: String, id: String? = nil) {
        guard !signature.isEmpty, signatures.insert(id ?? signature).inserted else { return }
        if includesReasoning { events.append(.reasoningSignature(signature)) }
    }

    /// Reports that events contain pieces of content.
    mutating func notePieces() {
        hasPieces = true
    }

    private mutating func deliver(_ found: (reasoning: String, text: String)) {
        reasoning(found.reasoning)
        text(found.text)
    }

    // MARK: - Blocks that begin with content

    /// Reports the text at the start of a block, which later pieces may repeat.
    mutating func startText(_ text: String) {
        endStarts()
        self.text(text)
        if !text.isEmpty { textStart = RepeatedText(text) }
    }

    /// Reports the reasoning at the start of a block, which later pieces may repeat.
    mutating func startReasoning(_ text: String) {
        endStarts()
        reasoning(text)
        if !text.isEmpty { reasoningStart = RepeatedText(text) }
    }

    /// Ends the current block.
    mutating func endStarts() {
        if var start = textStart {
            textStart = nil
            text(start.end())
        }
        if var start = reasoningStart {
            reasoningStart = nil
            reasoning(start.end())
        }
    }

    private mutating func textAfterStart(_ text: String) {
        guard let new = textStart?.receive(text), textStart?.isOver == true else { return }
        textStart = nil
        self.text(new)
    }

    private mutating func reasoningAfterStart(_ text: String) {
        guard let new = reasoningStart?.receive(text), reasoningStart?.isOver == true else { return }
        reasoningStart = nil
        reasoning(new)
    }
}

// MARK: - Tool calls

extension ReplyState {
    /// Reports a tool call or a piece of one.
    mutating func toolCall(_ piece: CallAssembly.Piece) {
        hasContent = true
        endStarts()
        if !inlineReasoning.isOver { deliver(inlineReasoning.finish()) }
        if let delta = calls.receive(piece) { events.append(.toolCall(delta)) }
        if calls.hasExcess { isError = true }
    }

    /// Reports a piece of a tool call.
    /// - Parameters:
    ///   - key: the provider's index of the call; nil if it sends none.
    ///   - id: the provider's id; nil or empty if this piece has none. An id is generated if none ever comes.
    ///   - signature: the complete signature of the reasoning behind the call, which must be sent back with it.
    mutating func toolCall(
        key: Int?, id: String? = nil, name: String? = nil, arguments: String = "", signature: String? = nil
    ) {
        toolCall(
            CallAssembly.Piece(key: key, id: id, name: name, arguments: arguments, signature: signature))
    }

    /// Reports a complete tool call. It is a new call, unless an earlier call has the same id and the same arguments.
    mutating func wholeToolCall(id: String?, name: String?, arguments: String, signature: String? = nil) {
        toolCall(
            CallAssembly.Piece(form: .own, id: id, name: name, arguments: arguments, signature: signature))
    }
}

// MARK: - The end

extension ReplyState {
    /// The reason why the reply, if it ends now, is not a valid answer; nil if it is valid.
    var flaw: Flaw? {
        switch concludedReason {
        // The provider reports that it cut the answer off, so an incomplete call is expected.
        case .length, .contentFilter: nil
        case .toolCalls where calls.isEmpty: .lacksCall
        case .stop, .toolCalls, .other: calls.hasOpenCall ? .cutsCall : nil
        }
    }

    /// True if the reply ended normally but has neither text nor reasoning nor calls, and no output token was counted.
    var isEmptyAnswer: Bool {
        !hasContent && signatures.isEmpty && concludedReason == .stop && usageSoFar.outputTokens ?? 0 == 0
    }

    /// Delivers the text and arguments held back, and then the finish reason.
    mutating func conclude() {
        endStarts()
        deliver(inlineReasoning.conclude())
        for delta in calls.conclude() { events.append(.toolCall(delta)) }
        if finishReason == nil {
            warn("no_finish_reason", "the provider ended the answer without a finish reason")
        }
        events.append(.finish(concludedReason))
    }

    /// The finish reason to deliver. Tool calls override `stop`, which some servers send with them.
    private var concludedReason: FinishReason {
        switch finishReason ?? .other {
        case _ where isRefusal: .contentFilter
        case .stop where !calls.isEmpty: .toolCalls
        case let reason: reason
        }
    }
}
