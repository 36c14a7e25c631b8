/// A histogram of durations with fixed buckets.
struct Histogram: Sendable, Equatable {
    /// Upper bounds in seconds, from a cache hit to a long answer of a reasoning model.
    static let boundsSeconds: [Double] = [
        0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
    ]

    private static let boundsNanoseconds = boundsSeconds.map { UInt64($0 * 1e9) }

    /// Observations of each bucket, not cumulative; the last bucket has no upper bound.
    private(set) var counts = [Int](repeating: 0, count: boundsSeconds.count + 1)
    private(set) var sumNanoseconds: UInt64 = 0

    mutating func observe(nanoseconds: UInt64) {
        var bucket = 0
        while bucket < Self.boundsNanoseconds.count, nanoseconds > Self.boundsNanoseconds[bucket] { bucket += 1 }
        counts[bucket] += 1
        sumNanoseconds &+= nanoseconds
    }
}
