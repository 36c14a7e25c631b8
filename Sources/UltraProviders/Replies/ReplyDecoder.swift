package import UltraAPI

/// Turns one upstream reply into answer events: status, framing, limits, end of stream and errors, for every provider.
///
/// Pure: the transport hands in the head, the bytes as they come and the end; what follows from them comes out.
/// The reply itself decides how it is read, not what was asked for: a JSON document where a stream was expected (an
/// error, or a server that cannot stream) and a stream where a document was expected are both understood.
/// After an error every further call throws it again.
package struct ReplyDecoder: Sendable {
    /// Longest unary reply.
    package static let documentLimitBytes = 64 << 20
    /// What is kept of an error reply.
    package static let errorLimitBytes = 64 << 10

    /// Most bytes in a row that hold no content: comments, white space, events of nothing.
    package static let emptinessLimitBytes = 1 << 20

    private enum Body {
        /// Too little came to tell.
        case undecided
        case events
        case lines
        /// A JSON document, collected until the end.
        case document
        /// The status says that this is an error.
        case error
    }

    private let isStream: Bool
    private var body = Body.undecided
    private var opening = BodyOpening()
    /// White space before the body proper.
    private var blankBytes = 0
    /// Bytes without content when the last content came.
    private var emptyBytesBeforeNews = 0
    private var events: ServerSentEvents
    private var lines: JSONLines
    private let limits: ReplyLimits
    private var document: [UInt8] = []
    private var reply: ReplyInterpreter

    /// - Parameters:
    ///   - isStream: what the request asked for.
    ///   - model: `provider/model` as routed, named in errors.
    ///   - replyID: makes the ids of tool calls unique where the provider gives none: random, so that it differs for
    ///     every exchange, also those of other times.
    ///   - limits: what is longer is `too_large`.
    ///   - includesReasoning: false drops reasoning and its signature.
    package init(
        _ adapter: any Adapter, isStream: Bool, model: String? = nil, replyID: UInt64 = 0,
        includesReasoning: Bool = true, limits: ReplyLimits = ReplyLimits()
    ) {
        self.isStream = isStream
        self.limits = limits
        events = ServerSentEvents(limitBytes: limits.event)
        lines = JSONLines(limitBytes: limits.event)
        reply = ReplyInterpreter(
            adapter, model: model, state: ReplyState(replyID: replyID, includesReasoning: includesReasoning))
    }

    /// The answer is complete: its finish reason was delivered, and whatever still comes does not matter.
    package private(set) var isComplete = false

    /// Bytes of a document that are kept until it is whole.
    package var keptByteCount: Int { document.count }

    /// The member of the request for which the provider refused it, if it can be left out.
    /// - Parameter known: what was left out already.
    package func refusedMember(known: Set<String>) -> RefusedMember? {
        guard let error = reply.errorBody, let status = reply.head?.status, status == 400 || status == 422 else {
            return nil
        }
        return RefusedMember(error, known: known)
    }
    /// The complete answer holds neither text nor reasoning nor a call, though nothing cut it: most often, something
    /// behind the provider failed.
    package var isEmptyAnswer: Bool { isComplete && reply.state.isEmptyAnswer }

    /// The provider's id of this exchange, for its support.
    package private(set) var requestID: String?

    /// - Parameter now: seconds since 1970; `Retry-After` may be a date.
    package mutating func receive(_ head: HTTPHead, now: Int) {
        reply.take(head, now: now)
        requestID = reply.requestID
        if head.status >= 400 { body = .error }
    }

    /// Takes the next bytes of the body and appends the events they complete. `events` holds what preceded an error
    /// when one is thrown.
    package mutating func receive(
        _ bytes: UnsafeRawBufferPointer, into events: inout [AnswerEvent]
    ) throws(UltraError) {
        guard !reply.isOver else { return try reply.rethrow() }
        swap(&events, &reply.state.events)
        defer { swap(&events, &reply.state.events) }
        if case .undecided = body {
            begin(bytes)
        } else {
            take(bytes)
        }
        if reply.state.hasEnded { reply.conclude() }
        limitEmptyBytes()
        if reply.isOver { try complete() }
    }

    private mutating func begin(_ bytes: UnsafeRawBufferPointer) {
        guard let form = opening.form(bytes) else {
            blankBytes += bytes.count
            return
        }
        body = body(form)
        let held = opening.held
        opening = BodyOpening()
        if held.isEmpty { take(bytes) } else { held.withUnsafeBytes { take($0) } }
    }

    /// Ends a reply that goes on and on and says nothing.
    private mutating func limitEmptyBytes() {
        let emptyBytes = blankBytes + events.emptyBytes + lines.emptyBytes + reply.emptyBytes
        if reply.takeNews() {
            emptyBytesBeforeNews = emptyBytes
        } else if emptyBytes - emptyBytesBeforeNews > Self.emptinessLimitBytes {
            reply.takeEmptiness(limitBytes: Self.emptinessLimitBytes)
        }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer) {
        do throws(SplitLimitExceeded) {
            switch body {
            case .undecided: break
            case .events: try self.events.receive(bytes) { event in reply.take(event) }
            case .lines: try lines.receive(bytes) { line in reply.take(line) }
            case .document: try collect(bytes)
            case .error:
                document.append(contentsOf: bytes.prefix(Self.errorLimitBytes - document.count))
                // The rest says nothing that would be kept.
                if document.count >= Self.errorLimitBytes { document.withUnsafeBytes { reply.takeError($0) } }
            }
        } catch {
            reply.take(error, isDocument: isDocument)
        }
    }

    package mutating func receive(_ bytes: [UInt8], into events: inout [AnswerEvent]) throws(UltraError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(UltraError) in
            try receive(UnsafeRawBufferPointer(buffer), into: &events)
        }
    }

    /// The body has ended: appends what was held back, `finish` last, or throws what is wrong with the reply.
    package mutating func finish(into events: inout [AnswerEvent]) throws(UltraError) {
        guard !reply.isOver else { return try reply.rethrow() }
        swap(&events, &reply.state.events)
        defer { swap(&events, &reply.state.events) }
        if case .undecided = body, !opening.held.isEmpty {
            body = body(opening.formAtEnd)
            opening.held.withUnsafeBytes { take($0) }
        }
        do throws(SplitLimitExceeded) {
            switch body {
            case .undecided: reply.takeNothing()
            case .events: try self.events.finish { event in reply.takeLast(event) }
            case .lines: lines.finish { line in reply.takeLast(line) }
            case .document where reply.adapter.framing == .jsonLines && JSONLines.areSeveral(document):
                try document.withUnsafeBufferPointer { (bytes) throws(SplitLimitExceeded) in
                    try lines.receive(UnsafeRawBufferPointer(bytes)) { line in reply.take(line) }
                }
                lines.finish { line in reply.takeLast(line) }
            case .document: document.withUnsafeBytes { reply.takeDocument($0) }
            case .error: document.withUnsafeBytes { reply.takeError($0) }
            }
        } catch {
            reply.take(error, isDocument: isDocument)
        }
        reply.conclude()
        try complete()
    }

    private var isDocument: Bool {
        if case .document = body { true } else { false }
    }

    /// The reply is over: well, or with what is wrong with it.
    private mutating func complete() throws(UltraError) {
        try reply.rethrow()
        isComplete = true
    }

    private mutating func collect(_ bytes: UnsafeRawBufferPointer) throws(SplitLimitExceeded) {
        guard document.count + bytes.count <= limits.document else {
            throw SplitLimitExceeded(limitBytes: limits.document)
        }
        document.append(contentsOf: bytes)
    }

    /// How a body of this form is read.
    private func body(_ form: BodyOpening.Form) -> Body {
        switch form {
        case .serverSentEvents: .events
        case .object where reply.adapter.framing == .jsonLines && isStream: .lines
        case .object, .document: .document
        case .other where reply.adapter.framing == .serverSentEvents && (isStream || reply.isEventStream): .events
        case .other: .document
        }
    }
}
