import UltraAPI

/// Interprets the pieces of a reply: the adapter decodes them, and this type detects errors and decides how the reply
/// ends.
struct ReplyInterpreter: Sendable {
    let adapter: any Adapter
    /// `provider/model`, for errors; nil if unknown.
    let model: String?
    var state: ReplyState
    private(set) var head: HTTPHead?
    /// Seconds since 1970 when the head was received.
    private(set) var now = 0
    /// True once the end was reported or `failure` was set.
    private(set) var isOver = false
    private(set) var failure: UltraError?
    /// The error in a reply whose HTTP status is an error.
    private(set) var errorBody: ErrorBody?
    private var template = TextTemplate()
    private var halves = SurrogateHalves()
    /// The number of bytes in events that only keep the connection alive.
    private(set) var emptyBytes = 0
    /// True if an event with content was received since the last `consumeHasContent`.
    private var hasContent = false

    /// The maximum length in bytes of an event that counts as keep-alive, such as `{"type":"ping"}`. Longer events
    /// without content belong to features that are not supported here.
    private static let signOfLifeLimitBytes = 64

    init(_ adapter: any Adapter, model: String?, state: ReplyState) {
        self.adapter = adapter
        self.model = model
        self.state = state
    }

    var requestID: String? { head.flatMap { RequestID.find(in: $0) } }

    var isEventStream: Bool {
        head?["content-type"]?.lowercased().hasPrefix("text/event-stream") == true
    }

    mutating func receive(_ head: HTTPHead, now: Int) {
        self.head = head
        self.now = now
        if (300...399).contains(head.status) { fail(redirect(head)) }
    }

    /// Processes one event. Returns false if all later events are to be ignored.
    mutating func receive(_ event: ServerSentEvent) -> Bool {
        if event.isEndMarker {
            guard adapter.hasEndMarker else { return true }
            state.end()
            return false
        }
        if event.isError {
            guard event.hasValue else { return true }
            fail(reportedError(ErrorBody(event.data)))
            return false
        }
        return event.data.isEmpty || receive(event.data)
    }

    /// Processes one JSON text of a stream. Returns false if all later ones are to be ignored.
    mutating func receive(_ json: UnsafeRawBufferPointer) -> Bool {
        let delivered = state.events.count
        if !halves.isHolding, let text = template.text(of: json) {
            hasContent = true
            state.text(text)
            return true
        }
        var reader = JSONReader(reply: json)
        do throws(JSONError) {
            try adapter.decodeEvent(&reader, into: &state)
            try reader.end()
        } catch {
            state.events.removeSubrange(delivered...)
            fail(unreadable(json, error))
            return false
        }
        let isCut = reader.hasMetLoneSurrogate || halves.isHolding
        if isCut { halves.repair(&state.events, from: delivered, of: json) }
        if state.isError { fail(heldError(json)) }
        guard !isOver, !state.hasEnded else { return false }
        if state.events.count == delivered, json.count <= Self.signOfLifeLimitBytes {
            // The framing counts too: a line end, or `data: ` with two line ends.
            emptyBytes += json.count + (adapter.framing == .jsonLines ? 1 : 8)
        } else {
            hasContent = true
        }
        if !isCut, state.events.count == delivered + 1, case .text(let text) = state.events[delivered] {
            template.learn(json, text)
        }
        return true
    }

    /// Processes an event completed only by the end of the body. An unreadable error event was cut off and is ignored.
    mutating func receiveLast(_ event: ServerSentEvent) -> Bool {
        guard event.isError else { return event.isEndMarker ? receive(event) : receiveLast(event.data) }
        let error = ErrorBody(event.data)
        if error.message != nil, event.hasValue { fail(reportedError(error)) }
        return false
    }

    /// Processes a JSON text without its line end. It is ignored unless it is complete.
    mutating func receiveLast(_ json: UnsafeRawBufferPointer) -> Bool {
        let before = state
        var reader = JSONReader(reply: json)
        do throws(JSONError) {
            try adapter.decodeEvent(&reader, into: &state)
            try reader.end()
        } catch {
            state = before
            return false
        }
        if reader.hasMetLoneSurrogate || halves.isHolding {
            halves.repair(&state.events, from: before.events.count, of: json)
        }
        if state.isError { fail(heldError(json)) }
        return false
    }

    /// Processes a complete JSON document. It delivers either all of its events, or an error and no events.
    mutating func receiveDocument(_ json: UnsafeRawBufferPointer) {
        state.isDocument = true
        do throws(JSONError) {
            var reader = JSONReader(reply: json)
            try adapter.decodeAnswer(&reader, into: &state)
            try reader.end()
            if reader.hasMetLoneSurrogate { halves.repair(&state.events, from: 0, of: json) }
            if state.isError {
                fail(heldError(json))
            } else if state.finishReason == nil, !state.hasContent {
                fail(protocolError("\(adapter.provider) sent a reply without an answer"))
            } else if let flaw = state.flaw {
                fail(flawed(flaw))
            } else {
                state.end()
            }
        } catch {
            let isHTML = json.first { !$0.isJSONWhitespace } == UInt8(ascii: "<")
            fail(
                isHTML
                    ? protocolError("\(adapter.provider) sent an HTML page in place of an answer")
                    : unreadable(json, error))
        }
        if isOver { state.events.removeAll() }
    }

    /// Processes the body of a reply whose HTTP status is an error.
    mutating func receiveErrorBody(_ body: UnsafeRawBufferPointer) {
        let error = ErrorBody(body)
        errorBody = error
        fail(reportedError(error))
    }

    /// Fails a reply whose body was empty or only white space.
    mutating func failEmptyBody() {
        fail(protocolError("\(adapter.provider) sent an empty reply"))
    }

    mutating func receive(_ error: SplitLimitExceeded, isDocument: Bool) {
        fail(
            .tooLarge(error.limitBytes, isDocument: isDocument, provider: adapter.provider, model: model, head?.status))
    }

    /// Fails a reply with too many bytes without content.
    mutating func failWithoutContent(limitBytes: Int) {
        fail(protocolError("\(adapter.provider) sent more than \(limitBytes >> 20) MiB without content"))
    }

    /// Returns true if content was received since the last call.
    mutating func consumeHasContent() -> Bool {
        defer { hasContent = false }
        return hasContent
    }

    /// Processes the end of the reply: its end marker, or the end of the body.
    mutating func conclude() {
        guard !isOver else { return }
        if !state.hasEnded, state.finishReason == nil || state.needsEndMarker {
            fail(truncated())
        } else if !state.hasContent, state.finishReason == nil {
            fail(protocolError("\(adapter.provider) sent a stream without an answer"))
        } else if let flaw = state.flaw {
            fail(flawed(flaw))
        } else {
            if halves.isHolding { halves.finish(into: &state.events) }
            state.conclude()
            isOver = true
        }
    }

    func rethrow() throws(UltraError) {
        if let failure { throw failure }
    }

    private mutating func fail(_ error: UltraError) {
        guard !isOver else { return }
        failure = error
        isOver = true
    }
}

extension ServerSentEvent {
    /// OpenAI's end marker, which most other providers have adopted.
    fileprivate var isEndMarker: Bool {
        data.first == UInt8(ascii: "[") && data.starts(with: "[DONE]".utf8)
    }

    fileprivate var isError: Bool {
        !name.isEmpty && name.elementsEqual("error".utf8)
    }

    /// True if the data is not an empty JSON value.
    fileprivate var hasValue: Bool {
        guard !data.allSatisfy(\.isJSONWhitespace) else { return false }
        do throws(JSONError) {
            var reader = JSONReader(reply: data)
            let hasValue = try reader.hasValue()
            try reader.end()
            return hasValue
        } catch {
            return true
        }
    }
}

/// The provider's id of an exchange. Its header field differs between providers and gateways.
enum RequestID {
    private static let names = [
        "x-request-id", "request-id", "apim-request-id", "mistral-correlation-id", "x-kong-request-id",
        "x-ds-trace-id", "x-generation-id", "x-debug-trace-id",
    ]

    /// The first id found; nil if there is none. Ids longer than 128 bytes are ignored.
    static func find(in head: HTTPHead) -> String? {
        names.lazy.compactMap { head[$0] }.first { !$0.isEmpty && $0.utf8.count <= 128 }
    }
}
