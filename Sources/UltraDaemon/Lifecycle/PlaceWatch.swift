internal import UltraSystem

/// Checks periodically that the state directory still exists, and lets `onTick` check the other paths. Users and
/// cleaners of temporary files may remove them while the daemon runs.
@Loop
final class PlaceWatch {
    static let interval = Duration.seconds(5)

    private let directory: StateDirectory?
    private let onTick: @Loop () -> Void
    private let onStanding: @Loop (StateDirectory.Standing) -> Void
    private let timer = Timer {}
    private var isChecking = false
    private var last = StateDirectory.Standing.inPlace

    /// - Parameters:
    ///   - directory: nil: the daemon has no state directory.
    ///   - onTick: called on the loop at every check.
    ///   - onStanding: called on the loop when the directory was renewed or newly lost.
    init(
        _ directory: StateDirectory?, onTick: @escaping @Loop () -> Void,
        onStanding: @escaping @Loop (StateDirectory.Standing) -> Void
    ) {
        self.directory = directory
        self.onTick = onTick
        self.onStanding = onStanding
        timer.onFire = { [unowned self] in check() }
        timer.arm(after: Self.interval)
    }

    isolated deinit {
        timer.cancel()
    }

    private func check() {
        timer.arm(after: Self.interval)
        onTick()
        // A check may block for long on a disk that does not respond; only one runs at a time.
        guard let directory, !isChecking else { return }
        isChecking = true
        Disk.perform { [weak self] in
            let standing = directory.renew()
            Loop.perform { self?.checked(standing) }
        }
    }

    private func checked(_ standing: StateDirectory.Standing) {
        isChecking = false
        defer { last = standing }
        // A lasting problem is reported once, although every check tries to solve it.
        if standing == .inPlace || standing == last && standing != .renewed { return }
        onStanding(standing)
    }
}
