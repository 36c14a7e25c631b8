internal import UltraAPI
internal import UltraSystem

/// Tells a client that asked for it what its request waits for: at each change, and after 5 s of silence.
@Loop
final class ProgressReporter {
    private static let tick = Duration.milliseconds(100)
    private static let silence: UInt64 = 5_000_000_000

    private let call: Call
    private weak var exchange: Exchange?
    /// Its model is loaded at the first request.
    private var loadsModel = false
    private var timer = Timer {}
    private var phase = ProgressPhase.connecting
    private var lastPhase: ProgressPhase?
    private var lastSentAt: UInt64 = 0
    private var isStopped = false

    init(_ call: Call) {
        self.call = call
        timer.onFire = { [weak self] in self?.look() }
    }

    isolated deinit {
        timer.cancel()
    }

    /// It waits for a place in the queue.
    func phase(_ phase: ProgressPhase) {
        self.phase = phase
        exchange = nil
        report()
    }

    /// It waits for this exchange from now on.
    func watch(_ exchange: Exchange, loadsModel: Bool) {
        self.exchange = exchange
        self.loadsModel = loadsModel
        look()
    }

    func retrying(attempt: Int, inMilliseconds: Int) {
        exchange = nil
        phase = .retrying
        lastPhase = .retrying
        lastSentAt = EventLoop.now
        call.tell { $0.progress($1, .retrying, attempt: attempt, retryInMilliseconds: inMilliseconds) }
        timer.arm(after: Self.tick)
    }

    /// Content has come: there is no more to tell.
    func stop() {
        isStopped = true
        timer.cancel()
    }

    /// The content is void: the request waits again.
    func resume() {
        isStopped = false
        lastPhase = nil
    }

    private func look() {
        if let exchange {
            phase = exchange.phase < .waiting ? .connecting : loadsModel ? .loadingModel : .waitingFirstToken
        }
        report()
    }

    private func report() {
        guard !isStopped else { return }
        timer.arm(after: Self.tick)
        let now = EventLoop.now
        guard phase != lastPhase || now - lastSentAt >= Self.silence else { return }
        lastPhase = phase
        lastSentAt = now
        call.tell { $0.progress($1, phase) }
    }
}
