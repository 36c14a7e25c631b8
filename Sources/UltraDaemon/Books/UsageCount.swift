/// Counts of the requests since the daemon's start.
struct UsageCount: Sendable {
    private(set) var total = 0
    private(set) var failures = 0
    private(set) var inFlight = 0

    mutating func began() {
        total += 1
        inFlight += 1
    }

    mutating func ended(isFailure: Bool) {
        inFlight -= 1
        if isFailure { failures += 1 }
    }
}
