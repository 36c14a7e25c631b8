/// The rate limit of log lines about failed requests, per user. Without it, one user's failures would make journald drop
/// lines of the whole service (`RateLimitBurst=` in journald.conf(5)). The ledger records every failure.
struct FailureLines: Sendable {
    /// Lines per user and minute.
    static let aMinute = 60

    private struct Minute: Sendable {
        var began: UInt64
        var said = 0
        var unsaid = 0
    }

    private var minutes: [UInt32: Minute] = [:]

    /// Counts one failure of the user `uid`.
    /// - Parameter now: nanoseconds of the monotonic clock.
    /// - Returns: the number of lines suppressed since the user's last one; nil: this line is suppressed too.
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
