internal import UltraAPI
internal import UltraSystem

/// Tells a client that asked for it what its request waits for: at each change, and every 5 s without one.
@Loop
final class ProgressReporter {
    private static let interval = Duration.milliseconds(100)
    private static let silence: UInt64 = 5_000_000_000

    private let call: Call
    private weak var exchange: Exchange?
    /// True if the first request makes the server load the model.
    private var loadsModel = false
    private var timer = Timer {}
    private var phase = RequestProgress.Phase.connecting
    private var lastPhase: RequestProgress.Phase?
    private var lastSentAt: UInt64 = 0
    private var isStopped = false

    init(_ call: Call) {
        self.call = call
        timer.onFire = { [weak self] in self?.tick() }
    }

    isolated deinit {
        timer.cancel()
    }

    /// The request waits, and for no exchange.
    func phase(_ phase: RequestProgress.Phase) {
        self.phase = phase
        exchange = nil
        report()
    }

    /// The request waits for `exchange`.
    func watch(_ exchange: Exchange, loadsModel: Bool) {
        self.exchange = exchange
        self.loadsModel = loadsModel
        tick()
    }

    func retrying(attempt: Int, inMilliseconds: Int) {
        exchange = nil
        phase = .retrying
        lastPhase = .retrying
        lastSentAt = EventLoop.now
        call.progress(RequestProgress(.retrying, attempt: attempt, retryInMilliseconds: inMilliseconds))
        timer.arm(after: Self.interval)
    }

    /// Ends the reports, because content has come.
    func stop() {
        isStopped = true
        timer.cancel()
    }

    /// Reports again, because the content was voided.
    func resume() {
        isStopped = false
        lastPhase = nil
    }

    private func tick() {
        if let exchange {
            phase = exchange.phase < .waiting ? .connecting : loadsModel ? .loadingModel : .waitingFirstToken
        }
        report()
    }

    private func report() {
        guard !isStopped else { return }
        timer.arm(after: Self.interval)
        let now = EventLoop.now
        guard phase != lastPhase || now - lastSentAt >= Self.silence else { return }
        lastPhase = phase
        lastSentAt = now
        call.progress(RequestProgress(phase))
    }
}
