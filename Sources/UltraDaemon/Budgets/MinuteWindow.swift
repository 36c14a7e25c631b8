/// Counts the requests of the last sixty seconds by the second of a steady clock.
///
/// No span of sixty seconds ever has more requests than the limit; a request may count for up to a second too long.
struct MinuteWindow: Sendable, Equatable {
    private static let seconds = 61
    private var counts = [Int32](repeating: 0, count: seconds)
    /// The second of the most recent request.
    private var newest = 0
    private(set) var total = 0

    /// - Parameter second: earlier seconds than `newest` count as `newest`.
    mutating func add(_ count: Int = 1, at second: Int) {
        advance(to: second)
        counts[newest % Self.seconds] &+= Int32(clamping: count)
        total += count
    }

    /// Counts a request from before the start of this process.
    mutating func recall(at second: Int, now: Int) {
        advance(to: now)
        guard second > newest - Self.seconds else { return }
        let index = (min(second, newest) % Self.seconds + Self.seconds) % Self.seconds
        counts[index] &+= 1
        total += 1
    }

    /// Seconds until fewer than `limit` requests count; 0 if that is so now.
    mutating func wait(for limit: Int, at second: Int) -> Int {
        advance(to: second)
        var left = total
        guard left >= limit else { return 0 }
        for age in stride(from: Self.seconds - 1, through: 0, by: -1) {
            left -= Int(counts[((newest - age) % Self.seconds + Self.seconds) % Self.seconds])
            if left < limit { return Self.seconds - age }
        }
        return Self.seconds
    }

    private mutating func advance(to second: Int) {
        guard second > newest else { return }
        for passed in (max(newest + 1, second - Self.seconds + 1))...second {
            let index = passed % Self.seconds
            total -= Int(counts[index])
            counts[index] = 0
        }
        newest = second
    }
}
