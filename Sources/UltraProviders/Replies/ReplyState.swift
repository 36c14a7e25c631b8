import UltraAPI

/// What a reply has said so far. Adapters report to it; `ReplyDecoder` asks it how the reply stands.
///
/// It turns what servers send into what `AnswerEvent` promises: no empty pieces, tool calls numbered from 0 with
/// unique ids, one finish reason, given last.
package struct ReplyState: Sendable {
    /// Why a reply that came to its end is no answer.
    enum Flaw: Sendable {
        /// It ends in order to make calls, and makes none.
        case lacksCall
        /// The arguments of a call end in the middle.
        case cutsCall
    }

    /// What is to be delivered next.
    var events: [AnswerEvent] = []
    /// Of all text, and of all reasoning, that was reported.
    private(set) var saidText = SaidText()
    private(set) var saidReasoning = SaidText()
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
    /// The reply is one document, of which every part is told once.
    var isDocument = false
    /// Pieces of content came, and not the content so far in every event.
    private(set) var hasPieces = false
    private(set) var calls: CallAssembly
    /// Of a text, or of reasoning, that is told in parts, whose pieces name theirs.
    var textParts = SaidParts()
    var reasoningParts = SaidParts()

    /// How the last event of a stream began, up to what differs from one to the next; for `JSONReader.resume(after:)`.
    /// Streams repeat id, model and date in every event, which is most of it.
    private(set) var opening: [UInt8] = []
    /// A finish reason alone does not make the reply complete: the provider promises an end marker.
    private(set) var needsEndMarker = false

    private var isRefusal = false
    private var warnings: [String] = []
    private var signatures: Set<String> = []
    private var thoughts = ThoughtsInText()
    /// The beginning of a block that the pieces after it may repeat.
    private var textStart: RepeatedText?
    private var reasoningStart: RepeatedText?
    private let includesReasoning: Bool

    /// Most warnings of one reply: what a server gets wrong, it gets wrong in every event.
    private static let warningLimit = 16

    /// - Parameter replyID: makes the ids unique that the provider does not give; no two replies ever have the same.
    init(replyID: UInt64, includesReasoning: Bool) {
        calls = CallAssembly(replyID: replyID)
        self.includesReasoning = includesReasoning
    }

    /// UTF-8 bytes of text reported.
    var textBytes: Int { saidText.byteCount }

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
}

// MARK: - Text and reasoning

extension ReplyState {
    mutating func text(_ text: String) {
        guard !text.isEmpty else { return }
        guard textStart == nil else { return textAfterStart(text) }
        hasContent = true
        saidText.add(text)
        events.append(.text(text))
    }

    /// A piece of text that may begin with `<think>…</think>`.
    mutating func textWithThoughts(_ text: String) {
        guard !text.isEmpty else { return }
        guard !thoughts.isOver else { return self.text(text) }
        hasContent = true
        deliver(thoughts.take(text))
    }

    /// A piece of part `key` of the text.
    mutating func text(_ text: String, part key: Int) {
        textParts.select(key, after: saidText)
        self.text(text)
    }

    /// Reasoning that has a field of its own, beside text that may hold it once more in a tag.
    mutating func reasoningBesideText(_ text: String) {
        guard !text.isEmpty else { return }
        reasoning(thoughts.takeField(text))
    }

    /// The model declined, in words of its own; the answer is text, and ends as filtered.
    mutating func refusal(_ text: String) {
        guard !text.isEmpty else { return }
        isRefusal = true
        self.text(text)
    }

    mutating func reasoning(_ text: String) {
        guard !text.isEmpty else { return }
        guard reasoningStart == nil else { return reasoningAfterStart(text) }
        hasContent = true
        saidReasoning.add(text)
        if includesReasoning { events.append(.reasoning(text)) }
    }

    /// A piece of part `key` of the reasoning.
    mutating func reasoning(_ text: String, part key: Int) {
        reasoningParts.select(key, after: saidReasoning)
        reasoning(text)
    }

    /// Each signature is delivered once, however often a server tells it.
    /// - Parameter id: of the reasoning it proves, where the signature differs each time it is told.
    mutating func reasoningSignature(_ signature: String, id: String? = nil) {
        guard !signature.isEmpty, signatures.insert(id ?? signature).inserted else { return }
        if includesReasoning { events.append(.reasoningSignature(signature)) }
    }

    /// Pieces of content come.
    mutating func notePieces() {
        hasPieces = true
    }

    private mutating func deliver(_ found: (reasoning: String, text: String)) {
        reasoning(found.reasoning)
        text(found.text)
    }

    // MARK: - Blocks that begin with content

    /// The text a block begins with, which the pieces after it may repeat.
    mutating func startText(_ text: String) {
        endStarts()
        self.text(text)
        if !text.isEmpty { textStart = RepeatedText(text) }
    }

    /// The same for reasoning.
    mutating func startReasoning(_ text: String) {
        endStarts()
        reasoning(text)
        if !text.isEmpty { reasoningStart = RepeatedText(text) }
    }

    /// The block is complete.
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
        guard let news = textStart?.take(text), textStart?.isOver == true else { return }
        textStart = nil
        self.text(news)
    }

    private mutating func reasoningAfterStart(_ text: String) {
        guard let news = reasoningStart?.take(text), reasoningStart?.isOver == true else { return }
        reasoningStart = nil
        reasoning(news)
    }
}

// MARK: - Tool calls

extension ReplyState {
    /// A tool call, or a part of one.
    mutating func toolCall(_ piece: CallAssembly.Piece) {
        hasContent = true
        endStarts()
        if !thoughts.isOver { deliver(thoughts.finish()) }
        if let delta = calls.take(piece) { events.append(.toolCall(delta)) }
        if calls.hasExcess { isError = true }
    }

    /// A piece of a tool call.
    /// - Parameters:
    ///   - key: the provider's number of the call; `nil`: it gives none.
    ///   - id: the provider's id; `nil` or empty: it gives none here. One is made if none ever comes.
    ///   - signature: opaque proof that goes back with the call; whole.
    mutating func toolCall(
        key: Int?, id: String? = nil, name: String? = nil, arguments: String = "", signature: String? = nil
    ) {
        toolCall(
            CallAssembly.Piece(key: key, id: id, name: name, arguments: arguments, signature: signature))
    }

    /// A tool call that came whole, and is another one than all before it unless it has the id of one that says the
    /// same.
    mutating func wholeToolCall(id: String?, name: String?, arguments: String, signature: String? = nil) {
        toolCall(
            CallAssembly.Piece(form: .own, id: id, name: name, arguments: arguments, signature: signature))
    }
}

// MARK: - The end

extension ReplyState {
    /// What makes a complete reply no answer.
    var flaw: Flaw? {
        switch concludedReason {
        // The provider says that it was cut.
        case .length, .contentFilter: nil
        case .toolCalls where calls.isEmpty: .lacksCall
        case .stop, .toolCalls, .other: calls.hasOpenCall ? .cutsCall : nil
        }
    }

    /// It ended well and holds nothing: neither text nor reasoning nor a call, and no token was counted.
    var isEmptyAnswer: Bool {
        !hasContent && signatures.isEmpty && concludedReason == .stop && usageSoFar.outputTokens ?? 0 == 0
    }

    /// Reports the finish reason, after the pieces that text and calls still lack.
    mutating func conclude() {
        endStarts()
        deliver(thoughts.conclude())
        for delta in calls.conclude() { events.append(.toolCall(delta)) }
        if finishReason == nil {
            warn("no_finish_reason", "the provider ended the answer and did not say why")
        }
        events.append(.finish(concludedReason))
    }

    /// Tool calls decide by their presence: some servers report `stop` beside them.
    private var concludedReason: FinishReason {
        switch finishReason ?? .other {
        case _ where isRefusal: .contentFilter
        case .stop where !calls.isEmpty: .toolCalls
        case let reason: reason
        }
    }
}
