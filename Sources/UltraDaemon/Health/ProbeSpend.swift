/// What probes cost today (UTC), in micro-USD.
struct ProbeSpend: Sendable, Equatable {
    private var day = 0
    private var microUSD = 0

    private static let dayMilliseconds = 86_400_000

    /// - Parameter now: milliseconds since 1970.
    func today(at now: Int) -> Int {
        now / Self.dayMilliseconds == day ? microUSD : 0
    }

    mutating func add(_ cost: Int, at now: Int) {
        microUSD = today(at: now) + cost
        day = now / Self.dayMilliseconds
    }
}
