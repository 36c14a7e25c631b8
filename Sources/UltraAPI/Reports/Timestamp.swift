internal import Glibc

/// A point in time as the protocol writes it (RFC 3339, UTC), with a resolution of one second.
package struct Timestamp: Sendable, Equatable {
    /// Seconds since 1970-01-01T00:00:00Z.
    package let seconds: Int

    /// The wall clock's present time.
    package static var now: Timestamp { Timestamp(seconds: time(nil)) }

    package init(seconds: Int) {
        self.seconds = seconds
    }

    /// Reads `2026-11-24T20:36:13Z`, and drops fractions of a second; nil: another format.
    package init?(_ text: String) {
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

    /// `2026-11-24T20:36:13Z`.
    package var text: String {
        let parts = parts
        return "\(Self.date(parts))T\(Self.two(parts.tm_hour)):\(Self.two(parts.tm_min)):\(Self.two(parts.tm_sec))Z"
    }

    /// The day in UTC: `2026-11-24`.
    package var date: String { Self.date(parts) }

    private var parts: tm {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return parts
    }

    private static func date(_ parts: tm) -> String {
        "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    }

    private static func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
