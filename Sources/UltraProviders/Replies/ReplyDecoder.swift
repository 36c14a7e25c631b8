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

    private let adapter: any Adapter
    private let isStream: Bool
    /// `provider/model`, for errors.
    private let model: String?
    private var head: HTTPHead?
    /// Seconds since 1970 when the head came; `Retry-After` may be a date.
    private var now = 0
    private var body = Body.undecided
    private var events = ServerSentEvents()
    private var lines = JSONLines()
    private var document: [UInt8] = []
    private var reply: ReplyState
    private var failure: UltraError?
    private var isConcluded = false

    /// - Parameters:
    ///   - isStream: what the request asked for.
    ///   - model: `provider/model` as routed, named in errors.
    ///   - replyID: makes the ids of tool calls unique where the provider gives none; different for every exchange.
    package init(
        _ adapter: any Adapter, isStream: Bool, model: String? = nil, replyID: UInt64 = 0,
        includesReasoning: Bool = true
    ) {
        self.adapter = adapter
        self.isStream = isStream
        self.model = model
        reply = ReplyState(replyID: replyID, includesReasoning: includesReasoning)
    }

    /// The answer is complete: its finish reason was delivered, and whatever still comes does not matter.
    package var isComplete: Bool { isConcluded }

    /// The provider's id of this exchange, for its support.
    package var requestID: String? { head.flatMap { RequestID.find(in: $0) } }

    /// - Parameter now: seconds since 1970.
    package mutating func receive(_ head: HTTPHead, now: Int) {
        self.head = head
        self.now = now
        if head.status >= 400 { body = .error }
    }

    /// Takes the next bytes of the body and appends the events they complete. `events` holds what preceded an error
    /// when one is thrown.
    package mutating func receive(
        _ bytes: UnsafeRawBufferPointer, into events: inout [AnswerEvent]
    ) throws(UltraError) {
        if let failure { throw failure }
        guard !isConcluded else { return }
        swap(&events, &reply.events)
        defer { swap(&events, &reply.events) }
        if case .undecided = body { decideBody(bytes) }
        switch body {
        case .undecided:
            break
        case .events:
            // Moved out while it delivers: what it delivers changes the rest of this value.
            var splitter = ServerSentEvents()
            swap(&splitter, &self.events)
            defer { swap(&splitter, &self.events) }
            do throws(SplitLimitExceeded) {
                try splitter.receive(bytes) { event in take(event) }
            } catch {
                fail(overlong(error))
            }
        case .lines:
            var splitter = JSONLines()
            swap(&splitter, &lines)
            defer { swap(&splitter, &lines) }
            do throws(SplitLimitExceeded) {
                try splitter.receive(bytes) { line in take(line) }
            } catch {
                fail(overlong(error))
            }
        case .document:
            if document.count + bytes.count > Self.documentLimitBytes {
                fail(overlong(SplitLimitExceeded(limitBytes: Self.documentLimitBytes)))
            } else {
                document.append(contentsOf: bytes)
            }
        case .error:
            document.append(contentsOf: bytes.prefix(Self.errorLimitBytes - document.count))
        }
        if let failure { throw failure }
        if reply.hasEnded { try conclude() }
    }

    /// The body has ended: appends what was held back, `finish` last, or throws what is wrong with the reply.
    package mutating func finish(into events: inout [AnswerEvent]) throws(UltraError) {
        if let failure { throw failure }
        guard !isConcluded else { return }
        swap(&events, &reply.events)
        defer { swap(&events, &reply.events) }
        switch body {
        case .undecided:
            fail(protocolError("\(adapter.provider) sent an empty reply"))
        case .events:
            // What is held back here came without its end: should it not parse, it was cut, and the end is judged below.
            var splitter = self.events
            try? splitter.finish { event in take(event, mayBeCut: true) }
        case .lines:
            var splitter = lines
            splitter.finish { line in take(line, mayBeCut: true) }
        case .document:
            var document: [UInt8] = []
            swap(&document, &self.document)
            document.withUnsafeBytes { takeDocument($0) }
        case .error:
            fail(document.withUnsafeBytes { reportedError(ErrorBody($0)) })
        }
        if let failure { throw failure }
        try conclude()
    }
}

// MARK: - Steps

extension ReplyDecoder {
    /// Decides by the first byte that is not white space how the body is read.
    private mutating func decideBody(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first(where: { !$0.isJSONWhitespace }) else { return }
        let isDocument = first == UInt8(ascii: "{") || first == UInt8(ascii: "[") || first == UInt8(ascii: "<")
        switch adapter.framing {
        case .jsonLines where isStream && first == UInt8(ascii: "{"): body = .lines
        case .serverSentEvents where !isDocument && (isStream || isEventStream): body = .events
        default: body = .document
        }
    }

    private var isEventStream: Bool {
        head?["content-type"]?.lowercased().hasPrefix("text/event-stream") == true
    }

    /// Returns false when nothing after this event matters.
    private mutating func take(_ event: ServerSentEvent, mayBeCut: Bool = false) -> Bool {
        if event.data.starts(with: "[DONE]".utf8) {
            reply.end()
            return false
        }
        if !event.name.isEmpty, event.name.elementsEqual("error".utf8) {
            let error = ErrorBody(event.data)
            if !mayBeCut || error.message != nil { fail(reportedError(error)) }
            return false
        }
        return event.data.isEmpty || take(event.data, mayBeCut: mayBeCut)
    }

    /// Takes one JSON text of a stream. Returns false when nothing after it matters.
    private mutating func take(_ json: UnsafeRawBufferPointer, mayBeCut: Bool = false) -> Bool {
        let delivered = reply.events.count
        let before = mayBeCut ? reply : nil
        do throws(JSONError) {
            var reader = JSONReader(json)
            try adapter.decodeEvent(&reader, into: &reply)
            try reader.end()
        } catch {
            if let before {
                reply = before
                return false
            }
            reply.events.removeSubrange(delivered...)
            fail(unreadable(json, error))
            return false
        }
        if reply.isError { fail(reportedError(ErrorBody(json))) }
        return failure == nil && !reply.hasEnded
    }

    private mutating func takeDocument(_ json: UnsafeRawBufferPointer) {
        do throws(JSONError) {
            var reader = JSONReader(json)
            try adapter.decodeAnswer(&reader, into: &reply)
            try reader.end()
        } catch {
            let start = json.first { !$0.isJSONWhitespace }
            if start == UInt8(ascii: "<") {
                fail(protocolError("\(adapter.provider) sent an HTML page in place of an answer"))
            } else {
                fail(unreadable(json, error))
            }
            return
        }
        if reply.isError {
            fail(reportedError(ErrorBody(json)))
        } else if reply.finishReason == nil, !reply.hasContent {
            fail(protocolError("\(adapter.provider) sent a reply without an answer"))
        } else {
            reply.end()
        }
    }

    /// The end of the reply, by its marker or by the end of the body.
    private mutating func conclude() throws(UltraError) {
        guard reply.hasEnded || reply.finishReason != nil else {
            fail(truncated())
            throw truncated()
        }
        guard reply.hasContent || reply.finishReason != nil else {
            let error = protocolError("\(adapter.provider) sent a stream without an answer")
            fail(error)
            throw error
        }
        reply.conclude()
        isConcluded = true
    }

    private mutating func fail(_ error: UltraError) {
        if failure == nil { failure = error }
    }
}

// MARK: - Errors

extension ReplyDecoder {
    private func reportedError(_ error: ErrorBody) -> UltraError {
        let status = head?.status
        let advice = head.map { RetryAdvice($0, now: now) } ?? RetryAdvice()
        let meaning = adapter.classify(error, status: status)
        var result = UltraError(meaning.code, message(of: error, meaning.code))
        result.hint = ErrorText.hint(meaning.code)
        result.provider = adapter.provider
        result.model = model
        result.status = status
        result.providerCode = [error.code, error.type].lazy.compactMap { $0 }
            .first { $0.utf8.count <= 64 && !$0.contains(" ") }
        result.requestID = requestID ?? error.requestID
        result.isRetryable = meaning.isRetryable
        if meaning.code != .quotaExceeded, let told = advice.shouldRetry { result.isRetryable = told }
        if result.isRetryable {
            result.retryAfterMilliseconds = advice.afterMilliseconds ?? error.retryAfterMilliseconds
        }
        return result
    }

    private func message(of error: ErrorBody, _ code: ErrorCode) -> String {
        if let text = error.message {
            let cleaned = ErrorText.cleaned(text, key: adapter.key)
            if !cleaned.isEmpty { return cleaned }
        }
        let status = head?.status ?? 0
        return "\(adapter.provider) answered HTTP \(status)"
            + (error.isHTML ? " with an HTML page" : " without a reason")
    }

    private func unreadable(_ json: UnsafeRawBufferPointer, _ error: JSONError) -> UltraError {
        let excerpt = ErrorText.excerpt(json, at: error.offset, key: adapter.key)
        return protocolError("\(adapter.provider) sent something else than its API promises, near: \(excerpt)")
    }

    private func overlong(_ error: SplitLimitExceeded) -> UltraError {
        protocolError("\(adapter.provider) sent a piece of more than \(error.limitBytes >> 20) MiB")
    }

    private func protocolError(_ message: String) -> UltraError {
        UltraError(
            .upstreamProtocol, message, provider: adapter.provider, model: model, status: head?.status,
            requestID: requestID, isRetryable: true)
    }

    private func truncated() -> UltraError {
        UltraError(
            .streamTruncated, "\(adapter.provider) ended the stream before the answer was complete",
            provider: adapter.provider, model: model, status: head?.status, requestID: requestID, isRetryable: true,
            partialTextBytes: reply.textBytes)
    }
}
