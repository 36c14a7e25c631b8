internal import UltraSystem

/// Looks after the state directory and the sockets, which users and cleaners of temporary files may remove while the
/// daemon runs. It checks them when the kernel tells of a change, so that an idle daemon is not woken.
@Loop
final class PlaceWatch {
    /// The time from a change to the check. A program that removes the directory has finished by then.
    static let delay = Duration.seconds(1)
    /// The time to the next check where something is missing, or cannot be watched.
    static let retryInterval = Duration.seconds(5)
    /// The time between checks without a change, for changes that the kernel does not tell.
    static let interval = Duration.seconds(600)

    private let directory: StateDirectory?
    private let paths: [String]
    private let onCheck: @Loop () -> Void
    private let onStanding: @Loop (StateDirectory.Standing) -> Void
    private let timer = Timer {}
    private var watch: FileWatch?
    private var isChecking = false
    private var last = StateDirectory.Standing.inPlace

    /// - Parameters:
    ///   - directory: nil: the daemon has no state directory.
    ///   - sockets: the paths of the sockets.
    ///   - onCheck: called on the loop at every check, to look after the sockets.
    ///   - onStanding: called on the loop when the directory was renewed or newly lost.
    init(
        _ directory: StateDirectory?, sockets: [String], onCheck: @escaping @Loop () -> Void,
        onStanding: @escaping @Loop (StateDirectory.Standing) -> Void
    ) {
        self.directory = directory
        paths = sockets + (directory.map { [$0.path, $0.lockPath] } ?? [])
        self.onCheck = onCheck
        self.onStanding = onStanding
        // A check on the disk's thread may hold the watch for longer than this object lives.
        watch = FileWatch { [weak self] in self?.timer.arm(after: Self.delay) }
        timer.onFire = { [unowned self] in check() }
        follow()
    }

    isolated deinit {
        timer.cancel()
    }

    private func check() {
        onCheck()
        follow()
    }

    /// Checks the directory and watches all paths, on the disk's thread, since a disk may not respond for long. Only one
    /// check runs at a time.
    private func follow() {
        guard let watch else { return }
        guard !isChecking else { return timer.arm(after: Self.delay) }
        isChecking = true
        Disk.perform { [weak self, directory, paths] in
            let standing = directory?.renew() ?? .inPlace
            let isWatched = watch.follow(paths)
            Loop.perform { self?.checked(standing, isWatched) }
        }
    }

    private func checked(_ standing: StateDirectory.Standing, _ isWatched: Bool) {
        isChecking = false
        if !timer.isArmed { timer.arm(after: isWatched ? Self.interval : Self.retryInterval) }
        defer { last = standing }
        // A lasting problem is reported once, although every check tries to solve it.
        if standing == .inPlace || standing == last && standing != .renewed { return }
        onStanding(standing)
    }
}
