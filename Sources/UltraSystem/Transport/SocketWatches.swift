/// The descriptors libcurl has asked to be told about, by number.
///
/// libcurl should take its interest back before it closes a socket; for a connection attempt that it gives up it does
/// so after (7.88), or not at all where the next attempt gets the same number at once.
@Loop
final class SocketWatches {
    private struct Entry {
        let watch: Watch
        var interest: Watch.Events
    }

    /// The kernel gives out the lowest number that is free.
    private var entries: [Entry?] = []
    private let onReady: @Loop (CInt, Watch.Events) -> Void

    init(onReady: @escaping @Loop (CInt, Watch.Events) -> Void) {
        self.onReady = onReady
    }

    isolated deinit {
        for entry in entries { entry?.watch.forget() }
    }

    /// Waits for `interest` on `socket`, in place of what was waited for.
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

    enum Removal {
        case open, closed
        /// It was not watched.
        case unknown
    }

    /// Takes the interest in `socket` back; returns how it was found.
    @discardableResult
    func remove(_ socket: CInt) -> Removal {
        guard Int(socket) < entries.count, let entry = entries[Int(socket)] else { return .unknown }
        entries[Int(socket)] = nil
        return entry.watch.forget() ? .open : .closed
    }

    /// `socket` is new: what is known of its number belongs to a socket that was closed in silence, and libcurl, which
    /// did not see the difference, expects the same interest in this one.
    func opened(_ socket: CInt) {
        guard Int(socket) < entries.count, let stale = entries[Int(socket)] else { return }
        remove(socket)
        set(socket, stale.interest)
    }
}
