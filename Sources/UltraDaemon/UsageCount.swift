/// Requests since the start.
struct UsageCount: Sendable {
    private(set) var total = 0
    private(set) var failures = 0
    private(set) var inFlight = 0

    mutating func began() {
        total += 1
        inFlight += 1
    }

    mutating func failed() {
        inFlight -= 1
        failures += 1
    }

    mutating func succeeded() {
        inFlight -= 1
    }
}
