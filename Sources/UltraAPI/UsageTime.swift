/// The value of `since` or `until`: `24h` before now, `2026-11-24T08:00:00Z`, or `2026-11-24`.
package enum UsageTime: Sendable, Equatable {
    case before(milliseconds: Int)
    /// Milliseconds since 1970.
    case at(milliseconds: Int)

    /// The time in milliseconds since 1970, given the current time in the same unit.
    package func moment(now: Int) -> Int {
        switch self {
        case .before(let milliseconds): now - milliseconds
        case .at(let milliseconds): milliseconds
        }
    }

    /// nil if `text` is neither a duration, a date nor a time of RFC 3339.
    package init?(_ text: String) {
        if let duration = Self.duration(text) {
            self = .before(milliseconds: duration)
        } else if let moment = Self.moment(Array(text.utf8)) {
            self = .at(milliseconds: moment)
        } else {
            return nil
        }
    }

    /// The longest duration, about a hundred years, so that no sum overflows.
    private static let maxMilliseconds = 100 * 366 * 86_400_000

    /// Milliseconds of a number followed by `s`, `m`, `h`, `d` or `w`.
    private static func duration(_ text: String) -> Int? {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let number = Int(Substring(digits)) else { return nil }
        let unit: Int
        switch text.utf8.dropFirst(digits.count).map({ Character(Unicode.Scalar($0)) }) {
        case ["s"]: unit = 1000
        case ["m"]: unit = 60_000
        case ["h"]: unit = 3_600_000
        case ["d"]: unit = 86_400_000
        case ["w"]: unit = 7 * 86_400_000
        default: return nil
        }
        let (product, overflows) = number.multipliedReportingOverflow(by: unit)
        return overflows || product > maxMilliseconds ? nil : product
    }

    /// Parses `YYYY-MM-DD` (midnight UTC), alone or followed by `THH:MM:SS[.fff](Z|±HH:MM)`.
    private static func moment(_ text: [UInt8]) -> Int? {
        guard text.count >= 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            let year = number(text[0..<4]), let month = number(text[5..<7]), let day = number(text[8..<10]),
            (1...12).contains(month), (1...days(in: month, of: year)).contains(day)
        else { return nil }
        let midnight = daysSince1970(year, month, day) * 86_400_000
        if text.count == 10 { return midnight }
        guard text.count >= 20, text[10] == UInt8(ascii: "T") || text[10] == UInt8(ascii: "t"),
            text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"), let hour = number(text[11..<13]),
            let minute = number(text[14..<16]), let second = number(text[17..<19]), hour < 24, minute < 60, second <= 60
        else { return nil }
        var rest = text[19...]
        var milliseconds = 0
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard !fraction.isEmpty, let three = number((Array(fraction.prefix(3)) + [48, 48]).prefix(3)) else {
                return nil
            }
            milliseconds = three
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard let offset = offsetMinutes(Array(rest)) else { return nil }
        return midnight + ((hour * 60 + minute - offset) * 60 + second) * 1000 + milliseconds
    }

    private static func offsetMinutes(_ text: [UInt8]) -> Int? {
        if text == [UInt8(ascii: "Z")] || text == [UInt8(ascii: "z")] { return 0 }
        guard text.count == 6, text[3] == UInt8(ascii: ":"), let hours = number(text[1..<3]), hours < 24,
            let minutes = number(text[4..<6]), minutes < 60
        else { return nil }
        switch text[0] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }

    private static func number(_ digits: some Sequence<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            value = value * 10 + Int(digit) - 48
        }
        return value
    }

    private static func days(in month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// Counts years from March, so that the leap day is the last day of the year (Hinnant, "chrono-Compatible Low-Level
    /// Date Algorithms").
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
