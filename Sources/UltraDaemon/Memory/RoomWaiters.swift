internal import UltraSystem

/// Something that waits until its user holds less.
@Loop
protocol RoomWaiter: AnyObject {
    var user: ByteAccount.User { get }
    /// Bytes of some user were given back: there may be room now. True: it waits no longer.
    func roomMayBeFree() -> Bool
}

/// Something that keeps more and more of what a provider sends. Of a user beyond its share one goes on at a time.
@Loop
protocol LongReply: RoomWaiter {
    /// It has its turn.
    func goOn()
}

/// The waiters in the order they came, each once. Every step but a walk takes the same time however many there are:
/// thousands of connections of one user may wait.
@Loop
struct RoomWaiters {
    private var line: [(any RoomWaiter)?] = []
    private var places: [ObjectIdentifier: Int] = [:]

    /// Gaps that are put up with; more are closed when half of the line is gaps.
    private static let gapLimit = 64

    var isEmpty: Bool { places.isEmpty }
    var count: Int { places.count }

    /// In order.
    var all: [any RoomWaiter] { line.compactMap(\.self) }

    mutating func append(_ waiter: any RoomWaiter) {
        let key = ObjectIdentifier(waiter)
        guard places[key] == nil else { return }
        places[key] = line.count
        line.append(waiter)
    }

    mutating func remove(_ waiter: any RoomWaiter) {
        guard let place = places.removeValue(forKey: ObjectIdentifier(waiter)) else { return }
        line[place] = nil
        guard line.count > 2 * places.count + Self.gapLimit else { return }
        line = all
        for (place, waiter) in line.enumerated() { if let waiter { places[ObjectIdentifier(waiter)] = place } }
    }

    /// Empties it, and returns who was in it.
    mutating func takeAll() -> [any RoomWaiter] {
        let taken = all
        (line, places) = ([], [:])
        return taken
    }
}
