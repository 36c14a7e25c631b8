internal import Glibc
internal import UltraAPI

/// The registry's steady clock. It starts at the time of day and then advances with `CLOCK_BOOTTIME`, which includes the
/// time that the machine is suspended, so that setting the system's clock neither shortens nor prolongs a wait. `text`,
/// `timestamp` and `shown` convert its instants to the system's clock for output.
enum WallClock {
    private static let origin = milliseconds(of: CLOCK_REALTIME) - milliseconds(of: CLOCK_BOOTTIME)

    /// Milliseconds since 1970, as if the system's clock had not been set since the daemon's start.
    static var now: Int { origin + milliseconds(of: CLOCK_BOOTTIME) }

    /// An instant of this clock in the time of the system's clock: RFC 3339, UTC, in seconds.
    static func text(_ instant: Int) -> String { timestamp(instant).text }

    /// The same as a value of a report.
    static func timestamp(_ instant: Int) -> Timestamp {
        Timestamp(seconds: shown(instant, now: now, systemNow: RealTime.now) / 1000)
    }

    /// Converts an instant of this clock to milliseconds since 1970 by the system's clock.
    /// - Parameters:
    ///   - now: this clock's time.
    ///   - systemNow: the system clock's time.
    static func shown(_ instant: Int, now: Int, systemNow: Int) -> Int {
        let difference = systemNow - now
        // The two clocks are read one after the other, so small differences are ignored: an instant that is converted
        // twice must give the same result.
        return abs(difference) < settingMilliseconds ? instant : instant + difference
    }

    /// A larger difference between the clocks means that the system's clock was set.
    private static let settingMilliseconds = 1000

    private static func milliseconds(of clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
