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

    private enum Body {
        /// Nothing but white space came yet.
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
    private var events = ServerSentEvents()
    private var lines = JSONLines()
    private var document: [UInt8] = []
    private var reply: ReplyInterpreter

    /// - Parameters:
    ///   - isStream: what the request asked for.
    ///   - model: `provider/model` as routed, named in errors.
    ///   - replyID: makes the ids of tool calls unique where the provider gives none: random, so that it differs for
    ///     every exchange, also those of other times.
    ///   - includesReasoning: false drops reasoning and its signature.
    package init(
        _ adapter: any Adapter, isStream: Bool, model: String? = nil, replyID: UInt64 = 0,
        includesReasoning: Bool = true
    ) {
        self.isStream = isStream
        reply = ReplyInterpreter(
            adapter, model: model, state: ReplyState(replyID: replyID, includesReasoning: includesReasoning))
    }

    /// The answer is complete: its finish reason was delivered, and whatever still comes does not matter.
    package private(set) var isComplete = false

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
        if case .undecided = body { decideBody(bytes) }
        do throws(SplitLimitExceeded) {
            switch body {
            case .undecided: break
            case .events: try self.events.receive(bytes) { event in reply.take(event) }
            case .lines: try lines.receive(bytes) { line in reply.take(line) }
            case .document: try collect(bytes)
            case .error: document.append(contentsOf: bytes.prefix(Self.errorLimitBytes - document.count))
            }
        } catch {
            reply.take(error)
        }
        if reply.state.hasEnded { reply.conclude() }
        if reply.isOver { try complete() }
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
        do throws(SplitLimitExceeded) {
            switch body {
            case .undecided: reply.takeNothing()
            case .events: try self.events.finish { event in reply.takeLast(event) }
            case .lines: lines.finish { line in reply.takeLast(line) }
            case .document: document.withUnsafeBytes { reply.takeDocument($0) }
            case .error: document.withUnsafeBytes { reply.takeError($0) }
            }
        } catch {
            reply.take(error)
        }
        reply.conclude()
        try complete()
    }

    /// The reply is over: well, or with what is wrong with it.
    private mutating func complete() throws(UltraError) {
        try reply.rethrow()
        isComplete = true
    }

    private mutating func collect(_ bytes: UnsafeRawBufferPointer) throws(SplitLimitExceeded) {
        guard document.count + bytes.count <= Self.documentLimitBytes else {
            throw SplitLimitExceeded(limitBytes: Self.documentLimitBytes)
        }
        document.append(contentsOf: bytes)
    }

    /// Decides by the first byte that is not white space how the body is read.
    private mutating func decideBody(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first(where: { !$0.isJSONWhitespace }) else { return }
        let isDocument = first == UInt8(ascii: "{") || first == UInt8(ascii: "[") || first == UInt8(ascii: "<")
        switch reply.adapter.framing {
        case .jsonLines where isStream && first == UInt8(ascii: "{"): body = .lines
        case .serverSentEvents where !isDocument && (isStream || reply.isEventStream): body = .events
        default: body = .document
        }
    }
}
