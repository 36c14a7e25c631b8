internal import UltraAPI
internal import UltraDialects
internal import UltraSystem

/// Writes a subscription as server-sent events.
///
/// The stream begins with the snapshot. It ends with an event `error`, since no subscription ends by itself.
@Loop
final class FeedSink: AnswerSink {
    private let exchange: HTTPExchange
    /// Fires if nothing was sent for `http.quiet`.
    private let quiet = Timer {}

    init(_ exchange: HTTPExchange) {
        self.exchange = exchange
        quiet.onFire = { [weak self] in self?.breakSilence() }
    }

    isolated deinit {
        quiet.cancel()
    }

    func feed(_ event: FeedEvent) {
        if case .snapshot = event { exchange.begin(.events, fields: HTTPAnswerFields.ofStream) }
        exchange.write { FeedEventWriter.write(event, to: &$0) }
        quiet.arm(after: exchange.times.quiet)
    }

    /// Sends a comment, so that neither side takes the connection for dead.
    private func breakSilence() {
        if !isCongested { exchange.write { FeedEventWriter.filler(to: &$0) } }
        quiet.arm(after: exchange.times.quiet)
    }

    func end(_ result: Result<ResultBody, UltraError>) {
        quiet.cancel()
        let error: UltraError
        switch result {
        case .success: error = HTTPResultSink.otherKind
        case .failure(let failure): error = failure
        }
        guard exchange.progress == .begun else { return exchange.respond(error) }
        exchange.write { FeedEventWriter.failed(error, to: &$0) }
        exchange.end()
    }

    func start(_ answer: Answer) {}

    func receive(_ events: [AnswerEvent]) {}

    func restart() {}

    func progress(_ progress: RequestProgress) {}

    var isCongested: Bool { exchange.isCongested }

    func drained() async { await exchange.drained() }
}
