internal import UltraAPI
internal import UltraDialects
internal import UltraSystem

/// Writes the answer to a Chat Completions request.
@Loop
final class ChatSink: AnswerSink {
    private let exchange: HTTPExchange
    private let isStream: Bool
    private let includesUsage: Bool
    private let calls: ChatCallForm
    private let warnings: [String]
    /// Seconds since 1970.
    private let created: Int
    private let estimatedInputTokens: Int
    private lazy var origin = ChatAnswerOrigin(
        id: "chatcmpl-\(exchange.call?.record.number ?? 0)", created: created,
        estimatedInputTokens: estimatedInputTokens,
        calls: calls)
    private lazy var writer = ChatStreamWriter(origin, includesUsage: includesUsage)
    /// Fires if nothing was sent for too long.
    private let quiet = Timer {}
    /// True if the first chunk was written.
    private var hasStarted = false

    /// - Parameter created: Time of the request in seconds since 1970.
    init(_ exchange: HTTPExchange, _ chat: ChatRequest, created: Int) {
        self.exchange = exchange
        isStream = chat.isStream
        includesUsage = chat.includesUsage
        calls = chat.calls
        warnings = chat.warnings
        self.created = created
        estimatedInputTokens = TokenEstimate.input(chat.request)
        guard isStream else { return }
        quiet.onFire = { [weak self] in self?.breakSilence() }
        quiet.arm(after: exchange.times.quiet)
    }

    isolated deinit {
        quiet.cancel()
    }

    func start(_ answer: Answer) {
        guard isStream, !hasStarted else { return }
        hasStarted = true
        begin(HTTPAnswerFields.of(answer, warnings))
        exchange.write { writer.start(model: answer.model, to: &$0) }
    }

    func receive(_ events: [AnswerEvent]) {
        quiet.arm(after: exchange.times.filler)
        exchange.write { bytes in
            for event in events { writer.event(event, to: &bytes) }
        }
    }

    /// Never called: only requests of the native protocol can ask for a restart.
    func restart() {}

    func progress(_ progress: RequestProgress) {}

    func feed(_ event: FeedEvent) {}

    func end(_ result: Result<ResultBody, UltraError>) {
        quiet.cancel()
        switch result {
        case .success(.answer(let answer)) where isStream:
            start(answer)
            exchange.write { writer.done(answer, to: &$0) }
            exchange.end()
        case .success(.answer(let answer)):
            exchange.respond(
                200, .json, fields: HTTPAnswerFields.of(answer, warnings), ChatAnswerWriter.body(answer, origin))
        case .success: fail(HTTPResultSink.otherKind)
        case .failure(let error): fail(error)
        }
    }

    private func fail(_ error: UltraError) {
        guard exchange.progress == .begun else { return exchange.respond(error) }
        exchange.write { writer.failed(error, to: &$0) }
        exchange.breakOff()
    }

    /// Sends the head, although the model that answers is not known yet, and a comment.
    private func breakSilence() {
        begin(HTTPAnswerFields.of(warnings))
        exchange.write { ChatStreamWriter.filler(to: &$0) }
        quiet.arm(after: exchange.times.filler)
    }

    private func begin(_ fields: [HTTPResponseField]) {
        exchange.begin(
            .events,
            fields: [HTTPResponseField("Cache-Control", "no-cache"), HTTPResponseField("X-Accel-Buffering", "no")]
                + fields)
    }

    var isCongested: Bool { exchange.isCongested }

    func drained() async { await exchange.drained() }
}
