import Foundation
import Testing

/// Compares the cost of work of two sizes.
enum CostRatio {
    /// Processor time of this thread for `work` in nanoseconds, the minimum of a few runs.
    private static func time(runs: Int, _ work: () -> Void) -> Int {
        (0..<runs).map { _ in
            var start = timespec()
            var end = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
            work()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
            return (end.tv_sec - start.tv_sec) * 1_000_000_000 + end.tv_nsec - start.tv_nsec
        }.min() ?? 0
    }

    /// Expects that four times the work takes less than six times the time.
    /// - Parameter work: Its argument is true for the larger size.
    static func expectProportional(_ what: String, _ work: (_ isLarge: Bool) -> Void) {
        var ratio = 0.0
        // Other load of the machine may spoil one measurement, but not every one.
        for attempt in 1...4 {
            let first = time(runs: attempt) { work(false) }
            let second = time(runs: attempt) { work(true) }
            // Shorter times are too inexact to compare.
            ratio = second < 200_000 ? 0 : Double(second) / Double(max(first, 1))
            if ratio < 6 { break }
        }
        #expect(ratio < 6, "\(what)")
    }
}
