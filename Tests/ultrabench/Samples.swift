/// Durations in nanoseconds, in the order they were measured.
struct Samples {
    private var values: [UInt64] = []

    init(capacity: Int = 0) { values.reserveCapacity(capacity) }

    var count: Int { values.count }

    mutating func add(_ nanoseconds: UInt64) { values.append(nanoseconds) }

    /// The value that the share `quantile` of all values do not exceed (nearest rank), in microseconds; nil if empty.
    func microseconds(_ quantile: Double) -> Double? {
        guard !values.isEmpty else { return nil }
        let rank = Int((quantile * Double(values.count)).rounded(.up)) - 1
        return Double(values.sorted()[max(0, min(values.count - 1, rank))]) / 1000
    }
}

/// The middle value, or the mean of the two in the middle; nil if empty.
func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
