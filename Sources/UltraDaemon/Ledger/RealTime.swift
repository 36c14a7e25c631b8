internal import Glibc

/// The time of day as everybody's clock shows it: what rows and days are dated by. It jumps where `WallClock` does not.
enum RealTime {
    /// Milliseconds since 1970.
    static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
