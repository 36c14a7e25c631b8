internal import Glibc

/// The system's clock, by which rows and days are dated. Unlike `WallClock`, it may jump.
enum RealTime {
    /// Milliseconds since 1970.
    static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
