/// Which failed requests get a line in the log: of each user so many a minute, since journald drops the lines of a whole
/// service that writes too many (`RateLimitBurst=` of journald.conf(5)). The ledger has all of them.
struct FailureLines: Sendable {
    static let aMinute = 60

    private struct Minute: Sendable {
        var began: UInt64
        var said = 0
        var unsaid = 0
    }

    private var minutes: [UInt32: Minute] = [:]

    /// How many lines of the user were left out since its last one; nil: this one is left out as well.
    /// - Parameter now: nanoseconds of the monotonic clock.
    mutating func isDue(_ uid: UInt32, at now: UInt64) -> Int? {
        var minute = minutes[uid] ?? Minute(began: now)
        defer { minutes[uid] = minute }
        if now >= minute.began &+ MinuteLine.pauseNanoseconds {
            minute = Minute(began: now, unsaid: minute.unsaid)
        }
        guard minute.said < Self.aMinute else {
            minute.unsaid += 1
            return nil
        }
        minute.said += 1
        defer { minute.unsaid = 0 }
        return minute.unsaid
    }
}
