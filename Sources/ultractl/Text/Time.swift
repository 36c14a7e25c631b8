import Glibc
import UltraAPI

extension Timestamp {
    /// The time from this point to `now`, such as `3 min 5 s`; at least `0 s`.
    func age(at now: Timestamp) -> String {
        Quantity.duration(seconds: max(0, now.seconds - seconds))
    }

    /// The time from `now` to this point; `nil`: it is past.
    func wait(from now: Timestamp) -> String? {
        seconds > now.seconds ? Quantity.duration(seconds: seconds - now.seconds) : nil
    }

    /// The local time of day, `20:36:13`.
    var clock: String {
        var seconds = seconds
        var parts = tm()
        localtime_r(&seconds, &parts)
        return [parts.tm_hour, parts.tm_min, parts.tm_sec].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }
}

extension Duration {
    /// Milliseconds, rounded down.
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// Milliseconds for poll(2), rounded up so that no wait ends early, and at most `Int32.max` (24 days).
    var pollMilliseconds: Int32 {
        Int32(clamping: (self + .nanoseconds(999_999)).milliseconds)
    }
}
