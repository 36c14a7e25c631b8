internal import UltraAPI
internal import UltraDialects
internal import UltraSystem

/// Writes the answer to a generation in the dialect of its request.
@Loop
final class DialectSink<Request: DialectRequest>: AnswerSink {
    private typealias Writer = Request.Writer

    private let exchange: HTTPExchange
    private let request: Request
    /// The time of the request in milliseconds since 1970.
    private let time: Int
    private let estimatedInputTokens: Int
    // Lazy, because the request gets its number after `init`.
    private lazy var writer: Writer = request.writer(
        AnswerOrigin(
            number: exchange.call?.record.number ?? 0, time: time, estimatedInputTokens: estimatedInputTokens))
    /// The timer that fires if nothing was sent for `HTTPTimes.quiet` or `filler`.
    private let quiet = Timer {}
    /// True if the first event was written.
    private var hasStarted = false

    /// - Parameter request: The request; its messages are not used and may be empty.
    init(_ exchange: HTTPExchange, _ request: Request, estimatedInputTokens: Int) {
        self.exchange = exchange
        self.request = request
        self.estimatedInputTokens = estimatedInputTokens
        time = RealTime.now
        // Lines of JSON have no filler, and would gain nothing by an early head.
        guard request.isStream, Writer.form.lines == .events else { return }
        quiet.onFire = { [weak self] in self?.breakSilence() }
        quiet.arm(after: exchange.times.quiet)
    }

    isolated deinit {
        quiet.cancel()
    }

    func start(_ answer: Answer) {
        guard request.isStream, !hasStarted else { return }
        hasStarted = true
        begin(HTTPAnswerFields.of(answer, request.warnings(of: answer.provider)))
        exchange.write { writer.start(model: answer.model, to: &$0) }
    }

    func receive(_ events: [AnswerEvent]) {
        if Writer.form.lines == .events { quiet.arm(after: exchange.times.filler) }
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
        case .success(.answer(let answer)) where request.isStream:
            start(answer)
            exchange.write { writer.done(answer, to: &$0) }
            exchange.end()
        case .success(.answer(let answer)):
            let fields = HTTPAnswerFields.of(answer, request.warnings(of: answer.provider))
            exchange.respond(200, .json, fields: fields, writer.body(answer))
        case .success: fail(HTTPResultSink.otherKind)
        case .failure(let error): fail(error)
        }
    }

    private func fail(_ error: UltraError) {
        guard exchange.progress == .begun else { return exchange.respond(error) }
        exchange.write { writer.failed(error, to: &$0) }
        if Writer.form.endsProperlyAfterFailure { exchange.end() } else { exchange.breakOff() }
    }

    /// Sends a filler, and before the first one the head, although the answering model is unknown.
    private func breakSilence() {
        begin(HTTPAnswerFields.of(request.warnings))
        exchange.write { writer.filler(to: &$0) }
        quiet.arm(after: exchange.times.filler)
    }

    private func begin(_ fields: [HTTPResponseField]) {
        let type: HTTPContentType =
            switch Writer.form.lines {
            case .events: .events
            case .json: .lines
            }
        exchange.begin(type, fields: HTTPAnswerFields.ofStream + fields)
    }

    var isCongested: Bool { exchange.isCongested }

    func drained() async { await exchange.drained() }
}
