internal import UltraSystem

/// A reader that is paused until memory is released (back-pressure).
@Loop
protocol RoomWaiter: AnyObject {
    var user: ByteAccount.User { get }
    /// Called after some user's bytes were released.
    /// - Returns: true if it stops waiting; false: it stays in the queue.
    func roomMayBeFree() -> Bool
}

/// The reader of a reply that is kept until it is complete. If a user is beyond its share, only one of its replies is
/// read at a time.
@Loop
protocol LongReply: RoomWaiter {
    /// The number of the request that it answers.
    var number: Int { get }
    /// True if bytes of the reply are held already.
    var isHeld: Bool { get }
    /// Continues reading.
    func goOn()
}

/// The paused readers in order of arrival, each once. Adding and removing take constant time, because thousands of
/// connections of one user may wait.
@Loop
struct RoomWaiters {
    private var line: [(any RoomWaiter)?] = []
    private var places: [ObjectIdentifier: Int] = [:]

    /// The line is compacted when it has this many more gaps than readers.
    private static let gapLimit = 64

    var isEmpty: Bool { places.isEmpty }
    var count: Int { places.count }

    /// In order of arrival.
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

    /// Removes and returns all readers, in order of arrival.
    mutating func removeAll() -> [any RoomWaiter] {
        let taken = all
        (line, places) = ([], [:])
        return taken
    }
}
