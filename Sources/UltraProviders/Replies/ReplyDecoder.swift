package import UltraAPI

/// Decodes one provider reply into answer events. It does what all providers share: HTTP status, framing, size limits,
/// end of stream and errors.
///
/// It does no I/O: the transport passes in the head, the bytes and the end of the reply. The format is detected from
/// the reply, not assumed from the request: a JSON document instead of a stream (an error, or a server that cannot
/// stream) and a stream instead of a document are both decoded. After an error, every further call throws that error
/// again.
package struct ReplyDecoder: Sendable {
    /// The default maximum length of a unary reply, in bytes.
    package static let documentLimitBytes = 64 << 20
    /// The number of bytes kept of an error reply.
    package static let errorLimitBytes = 64 << 10

    /// The maximum number of consecutive bytes without content: comments, white space, empty events.
    package static let emptinessLimitBytes = 1 << 20

    private enum Body {
        /// More bytes are needed to detect the format.
        case undecided
        case events
        case lines
        /// A JSON document, collected until the end of the body.
        case document
        /// An error according to the HTTP status.
        case error
    }

    private let isStream: Bool
    private var body = Body.undecided
    private var opening = BodyOpening()
    /// The length of the white space before the body, in bytes.
    private var blankBytes = 0
    /// The number of bytes without content at the time of the last content.
    private var emptyBytesAtLastContent = 0
    private var events: ServerSentEvents
    private var lines: JSONLines
    private let limits: ReplyLimits
    private var document: [UInt8] = []
    /// The length of the body according to its head, in bytes; 0: it says none.
    private var announcedBytes = 0
    private var reply: ReplyInterpreter

    /// - Parameters:
    ///   - isStream: true if the request asked for a stream.
    ///   - model: `provider/model` as routed, for errors.
    ///   - replyID: makes generated tool call ids unique. It must be random, to differ from that of every other
    /// exchange, also of earlier runs.
    ///   - includesReasoning: false drops reasoning and its signatures.
    ///   - limits: a longer reply fails with `too_large`.
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

    // These are stored, because a computed property would make its reader copy the whole decoder.

    /// True once the finish reason was delivered. Later bytes are ignored.
    package private(set) var isComplete = false

    /// The number of bytes of an incomplete document held in memory.
    package private(set) var keptByteCount = 0

    /// True if the complete answer has neither text nor reasoning nor calls although it was not cut off. This usually
    /// means a failure behind the provider.
    package private(set) var isEmptyAnswer = false

    /// The provider's id of this exchange, for its support; nil if it sends none.
    package private(set) var requestID: String?

    /// The optional request member that the provider refused; nil if the error names none that can be left out.
    /// - Parameter known: members that are already left out.
    package func refusedMember(known: Set<String>) -> RefusedMember? {
        guard let error = reply.errorBody, let status = reply.head?.status, status == 400 || status == 422 else {
            return nil
        }
        return RefusedMember(error, known: known)
    }

    /// Processes the head of the reply.
    /// - Parameter now: seconds since 1970, because `Retry-After` may be a date.
    package mutating func receive(_ head: HTTPHead, now: Int) {
        reply.receive(head, now: now)
        requestID = reply.requestID
        if head.status >= 400 { body = .error }
        announcedBytes = head["content-length"].flatMap { Int($0) } ?? 0
    }

    /// Decodes the next bytes of the body and appends the completed events.
    /// - Throws: the reply's error. The events before it are then in `events`.
    package mutating func receive(
        _ bytes: UnsafeRawBufferPointer, into events: inout [AnswerEvent]
    ) throws(UltraError) {
        guard !reply.isOver else { return try reply.rethrow() }
        swap(&events, &reply.state.events)
        defer { swap(&events, &reply.state.events) }
        if case .undecided = body {
            begin(bytes)
        } else {
            decode(bytes)
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
        if held.isEmpty { decode(bytes) } else { held.withUnsafeBytes { decode($0) } }
    }

    /// Fails a reply that goes on without any content.
    private mutating func limitEmptyBytes() {
        let emptyBytes = blankBytes + events.emptyBytes + lines.emptyBytes + reply.emptyBytes
        if reply.consumeHasContent() {
            emptyBytesAtLastContent = emptyBytes
        } else if emptyBytes - emptyBytesAtLastContent > Self.emptinessLimitBytes {
            reply.failWithoutContent(limitBytes: Self.emptinessLimitBytes)
        }
    }

    private mutating func decode(_ bytes: UnsafeRawBufferPointer) {
        do throws(SplitLimitExceeded) {
            switch body {
            case .undecided: break
            case .events: try self.events.receive(bytes) { event in reply.receive(event) }
            case .lines: try lines.receive(bytes) { line in reply.receive(line) }
            case .document:
                try collect(bytes)
                keptByteCount = document.count
            case .error:
                document.append(contentsOf: bytes.prefix(Self.errorLimitBytes - document.count))
                keptByteCount = document.count
                // Bytes beyond the limit would not be kept, so the error is complete.
                if document.count >= Self.errorLimitBytes { document.withUnsafeBytes { reply.receiveErrorBody($0) } }
            }
        } catch {
            reply.receive(error, isDocument: isDocument)
        }
    }

    /// Like `receive(_:into:)` for a buffer.
    package mutating func receive(_ bytes: [UInt8], into events: inout [AnswerEvent]) throws(UltraError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(UltraError) in
            try receive(UnsafeRawBufferPointer(buffer), into: &events)
        }
    }

    /// Ends the body: appends the events held back, `finish` last.
    /// - Throws: the reply's error, such as `stream_truncated` for an incomplete stream.
    package mutating func finish(into events: inout [AnswerEvent]) throws(UltraError) {
        guard !reply.isOver else { return try reply.rethrow() }
        swap(&events, &reply.state.events)
        defer { swap(&events, &reply.state.events) }
        if case .undecided = body, !opening.held.isEmpty {
            body = body(opening.formAtEnd)
            opening.held.withUnsafeBytes { decode($0) }
        }
        do throws(SplitLimitExceeded) {
            switch body {
            case .undecided: reply.failEmptyBody()
            case .events: try self.events.finish { event in reply.receiveLast(event) }
            case .lines: lines.finish { line in reply.receiveLast(line) }
            case .document where reply.adapter.framing == .jsonLines && JSONLines.areSeveral(document):
                try document.withUnsafeBufferPointer { (bytes) throws(SplitLimitExceeded) in
                    try lines.receive(UnsafeRawBufferPointer(bytes)) { line in reply.receive(line) }
                }
                lines.finish { line in reply.receiveLast(line) }
            case .document: document.withUnsafeBytes { reply.receiveDocument($0) }
            case .error: document.withUnsafeBytes { reply.receiveErrorBody($0) }
            }
        } catch {
            reply.receive(error, isDocument: isDocument)
        }
        document = []
        reply.conclude()
        try complete()
    }

    private var isDocument: Bool {
        if case .document = body { true } else { false }
    }

    /// Throws the reply's error, or marks the answer as complete.
    private mutating func complete() throws(UltraError) {
        try reply.rethrow()
        isComplete = true
        isEmptyAnswer = reply.state.isEmptyAnswer
    }

    private mutating func collect(_ bytes: UnsafeRawBufferPointer) throws(SplitLimitExceeded) {
        guard document.count + bytes.count <= limits.document else {
            throw SplitLimitExceeded(limitBytes: limits.document)
        }
        // Reserved at once, a long document is not copied as it grows. Pages that it does not reach take no memory.
        if document.isEmpty, announcedBytes > bytes.count {
            document.reserveCapacity(min(announcedBytes, limits.document))
        }
        document.append(contentsOf: bytes)
    }

    /// The way to decode a body of this format.
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

/// Detects the format of a reply from its first bytes. Neither the content type nor the requested format is reliable.
struct BodyOpening: Sendable {
    enum Form: Sendable, Equatable {
        case serverSentEvents
        /// A JSON object.
        case object
        /// Another JSON text that can be an answer (an object laid out over several lines among them), or an HTML page.
        case document
        case other
    }

    /// The bytes received while the format is undecided, without leading white space and byte order mark.
    private(set) var held: [UInt8] = []

    /// The format of a body that ended while its format was undecided.
    var formAtEnd: Form { held.first == UInt8(ascii: "{") ? .object : .other }

    /// Returns the format of a body that continues with `bytes`; nil if more bytes are needed.
    ///
    /// `bytes` are appended to `held` if the result is nil, or if white space or a byte order mark had to be removed.
    mutating func form(_ bytes: UnsafeRawBufferPointer) -> Form? {
        if held.isEmpty, let form = Self.form(of: bytes) { return form }
        held.append(contentsOf: bytes)
        held.removeFirst(Self.blankCount(held))
        return held.withUnsafeBytes(Self.form)
    }

    /// The length of the white space and byte order marks at the beginning, in whichever order they come.
    private static func blankCount(_ bytes: [UInt8]) -> Int {
        var count = 0
        while count < bytes.count {
            if bytes[count].isJSONWhitespace {
                count += 1
            } else if bytes[count...].starts(with: byteOrderMark) {
                count += byteOrderMark.count
            } else {
                break
            }
        }
        return count
    }

    private static func form(of bytes: UnsafeRawBufferPointer) -> Form? {
        switch bytes.first {
        case nil: return nil
        case UInt8(ascii: "{"):
            // An object laid out over several lines is not a line of a stream.
            guard bytes.count > 1 else { return nil }
            return bytes[1] == .lineFeed || bytes[1] == .carriageReturn ? .document : .object
        case UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "<"): return .document
        // A comment.
        case UInt8(ascii: ":"): return .serverSentEvents
        case let first? where first.isJSONWhitespace: return nil
        default: break
        }
        if bytes.starts(with: byteOrderMark) || byteOrderMark.starts(with: bytes) { return nil }
        for field in fields {
            if bytes.starts(with: field) { return .serverSentEvents }
            if field.starts(with: bytes) { return nil }
        }
        return .other
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// The fields of an event, which begin a line.
    private static let fields = ["data:", "event:", "id:", "retry:", "error:"].map { Array($0.utf8) }
}
