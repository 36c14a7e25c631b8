internal import UltraSystem

/// Gives memory back when work has ended, so that a daemon nobody asks is small, whatever it did before.
@Loop
final class MemoryRelease {
    /// Between two looks: memory is given back one or two of these after the last work.
    static let interval = Duration.seconds(5)

    private let timer = Timer {}
    private var spell = WorkSpell()

    init() {
        timer.onFire = { [unowned self] in
            timer.arm(after: Self.interval)
            if spell.hasEnded(turns: EventLoop.shared.turnCount) { UnusedMemory.release() }
        }
        timer.arm(after: Self.interval)
    }

    isolated deinit {
        timer.cancel()
    }
}
