internal import UltraSystem

/// Looks from time to time whether the state directory, and what else `onTick` sees to, is still where it was: people
/// and cleaners of temporary files remove such things while the daemon runs.
@Loop
final class PlaceWatch {
    static let interval = Duration.seconds(5)

    private let directory: StateDirectory?
    private let onTick: @Loop () -> Void
    private let onStanding: @Loop (StateDirectory.Standing) -> Void
    private let timer = Timer {}
    private var isLooking = false

    /// - Parameters:
    ///   - directory: nil: there is none to look after.
    ///   - onStanding: told what became of it, where that is something else than before.
    init(
        _ directory: StateDirectory?, onTick: @escaping @Loop () -> Void,
        onStanding: @escaping @Loop (StateDirectory.Standing) -> Void
    ) {
        self.directory = directory
        self.onTick = onTick
        self.onStanding = onStanding
        timer.onFire = { [unowned self] in look() }
        timer.arm(after: Self.interval)
    }

    isolated deinit {
        timer.cancel()
    }

    private var last = StateDirectory.Standing.inPlace

    private func look() {
        timer.arm(after: Self.interval)
        onTick()
        // A disk that does not answer is asked once.
        guard let directory, !isLooking else { return }
        isLooking = true
        Disk.perform { [weak self] in
            let standing = directory.renew()
            Loop.perform { self?.found(standing) }
        }
    }

    private func found(_ standing: StateDirectory.Standing) {
        isLooking = false
        defer { last = standing }
        // What cannot be mended is said once, and tried again each time.
        if standing == .inPlace || standing == last && standing != .renewed { return }
        onStanding(standing)
    }
}
