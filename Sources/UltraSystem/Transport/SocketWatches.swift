/// The descriptors libcurl waits for, by number.
///
/// libcurl should withdraw its interest before it closes a socket. For an abandoned connection attempt, 7.88 does so
/// only afterwards, or never if the next attempt gets the same descriptor.
@Loop
final class SocketWatches {
    private struct Entry {
        let watch: Watch
        var interest: Watch.Events
    }

    /// Indexed by descriptor. The kernel assigns the lowest free number, so the array stays small.
    private var entries: [Entry?] = []
    private let onReady: @Loop (CInt, Watch.Events) -> Void

    init(onReady: @escaping @Loop (CInt, Watch.Events) -> Void) {
        self.onReady = onReady
    }

    isolated deinit {
        for entry in entries { entry?.watch.forget() }
    }

    /// Replaces the events waited for on `socket`.
    func set(_ socket: CInt, _ interest: Watch.Events) {
        while entries.count <= Int(socket) { entries.append(nil) }
        if let entry = entries[Int(socket)] {
            entry.watch.update(interest)
            entries[Int(socket)]?.interest = interest
        } else {
            let watch = Watch(socket, interest) { [unowned self] events in onReady(socket, events) }
            entries[Int(socket)] = Entry(watch: watch, interest: interest)
        }
    }

    func contains(_ socket: CInt) -> Bool {
        Int(socket) < entries.count && entries[Int(socket)] != nil
    }

    /// State of a removed descriptor.
    enum Removal {
        case open, closed
        /// The descriptor was not watched.
        case unknown
    }

    /// Stops watching `socket`.
    /// - Returns: whether it was still open, already closed, or not watched.
    @discardableResult
    func remove(_ socket: CInt) -> Removal {
        guard Int(socket) < entries.count, let entry = entries[Int(socket)] else { return .unknown }
        entries[Int(socket)] = nil
        return entry.watch.forget() ? .open : .closed
    }

    /// Call when `socket` was just opened. An existing entry for its number belongs to a socket closed without notice;
    /// libcurl did not notice the difference and expects the same events on the new one.
    func opened(_ socket: CInt) {
        guard Int(socket) < entries.count, let stale = entries[Int(socket)] else { return }
        remove(socket)
        set(socket, stale.interest)
    }
}
