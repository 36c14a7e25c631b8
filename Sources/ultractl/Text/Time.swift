import Glibc

/// A point in time as the protocol writes it (RFC 3339, UTC), with a resolution of one second.
struct Timestamp: Equatable {
    /// Seconds since 1970-01-01T00:00:00Z.
    let seconds: Int

    static var now: Timestamp { Timestamp(seconds: time(nil)) }

    init(seconds: Int) {
        self.seconds = seconds
    }

    /// Reads `2026-11-24T20:36:13Z`, and drops fractions of a second; `nil`: another format.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"), bytes[10] == UInt8(ascii: "T") else { return nil }
        func number(_ range: Range<Int>) -> Int32? { Int32(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19)
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, month - 1, day)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (hour, minute, second)
        seconds = timegm(&parts)
    }

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
