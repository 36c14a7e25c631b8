internal import Glibc

/// The time of day as the registry counts it: set once, then steady, so that a clock that is put right neither ends a
/// cool-down early nor prolongs it. Sleep of the machine counts (`CLOCK_BOOTTIME`).
enum WallClock {
    private static let origin = milliseconds(of: CLOCK_REALTIME) - milliseconds(of: CLOCK_BOOTTIME)

    /// Milliseconds since 1970.
    static var now: Int { origin + milliseconds(of: CLOCK_BOOTTIME) }

    private static func milliseconds(of clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
