internal import UltraAPI
internal import UltraSystem

/// Tells a client that asked for it what its request waits for: at each change, and after 5 s of silence.
@Loop
final class ProgressReporter {
    private static let tick = Duration.milliseconds(100)
    private static let silence: UInt64 = 5_000_000_000

    private let call: Call
    private let exchange: Exchange
    private var timer = Timer {}
    private var lastPhase: ProgressPhase?
    private var lastSentAt: UInt64 = 0

    init(_ call: Call, _ exchange: Exchange) {
        self.call = call
        self.exchange = exchange
        timer.onFire = { [weak self] in self?.report() }
        report()
    }

    func stop() {
        timer.cancel()
    }

    private func report() {
        timer.arm(after: Self.tick)
        let phase: ProgressPhase = exchange.phase < .waiting ? .connecting : .waitingFirstToken
        let now = EventLoop.now
        guard phase != lastPhase || now - lastSentAt >= Self.silence else { return }
        lastPhase = phase
        lastSentAt = now
        call.send { $0.progress($1, phase) }
    }
}
