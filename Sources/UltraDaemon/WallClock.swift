internal import Glibc

/// The time as the registry counts it: the time of day at the start, then steady, so that a clock that is put right
/// neither ends a wait early nor prolongs it. Sleep of the machine counts (`CLOCK_BOOTTIME`). What is shown is converted
/// by `text`, so that it agrees with the clocks of those who read it.
enum WallClock {
    private static let origin = milliseconds(of: CLOCK_REALTIME) - milliseconds(of: CLOCK_BOOTTIME)

    /// Milliseconds since 1970, as if the system's clock had not been set since the start.
    static var now: Int { origin + milliseconds(of: CLOCK_BOOTTIME) }

    /// An instant of this clock as the system's clock shows it now: RFC 3339, UTC.
    static func text(_ instant: Int) -> String {
        RFC3339.string(shown(instant, now: now, systemNow: RealTime.now) / 1000)
    }

    /// Milliseconds since 1970 by the system's clock of what was, or will be, at `instant` of this one.
    static func shown(_ instant: Int, now: Int, systemNow: Int) -> Int {
        let difference = systemNow - now
        // The two are read one after the other: less than this is no setting of the clock, and a time that is told
        // twice is the same both times.
        return abs(difference) < settingMilliseconds ? instant : instant + difference
    }

    private static let settingMilliseconds = 1000

    private static func milliseconds(of clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
