/// How long a model takes to its first content: the recent figures, and a mean that follows them.
struct Latency: Sendable, Equatable {
    /// Samples kept for the percentiles.
    static let sampleLimit = 64
    /// How much the newest sample counts in the mean.
    static let newestShare = 0.4

    private var samples: [Float] = []
    private var next = 0
    /// Milliseconds; nil: nothing was measured yet.
    private(set) var mean: Double?

    mutating func record(_ milliseconds: Double) {
        mean = mean.map { $0 + (milliseconds - $0) * Self.newestShare } ?? milliseconds
        if samples.count < Self.sampleLimit {
            samples.append(Float(milliseconds))
        } else {
            samples[next] = Float(milliseconds)
            next = (next + 1) % Self.sampleLimit
        }
    }

    /// The least sample of which `share` (0 to 1) of all are no greater; nil without samples.
    func percentile(_ share: Double) -> Double? {
        guard !samples.isEmpty else { return nil }
        let rank = (Double(samples.count) * min(max(share, 0), 1)).rounded(.up)
        return Double(samples.sorted()[max(0, Int(rank) - 1)])
    }
}
