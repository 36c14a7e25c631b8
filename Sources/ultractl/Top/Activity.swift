/// What one provider or model did of late, as its requests tell.
struct Activity {
    /// How many ticks are remembered.
    static let remembered = 300
    /// How many answers the median is of.
    private static let answers = 100

    private(set) var busy = 0
    /// Failures since somebody began to look.
    private(set) var failed = 0
    private(set) var lastAt: Timestamp?
    /// Requests that ended, a second; one value a tick, the latest last.
    private(set) var rates: [Double] = []
    private var endedInTick = 0
    /// Milliseconds.
    private var times: [Double] = []

    mutating func began(at now: Timestamp) {
        busy += 1
        lastAt = now
    }

    /// - Parameter wasSeen: it had begun when somebody was looking.
    mutating func ended(after milliseconds: Double?, hasFailed: Bool, wasSeen: Bool, at now: Timestamp) {
        if wasSeen { leave() }
        if hasFailed { failed += 1 }
        endedInTick += 1
        lastAt = now
        guard !hasFailed, let milliseconds else { return }
        times.append(milliseconds)
        if times.count > Self.answers { times.removeFirst() }
    }

    /// Another one answered what it had begun.
    mutating func leave() {
        busy = max(0, busy - 1)
    }

    /// Nobody knows any more what is in flight.
    mutating func forgetInFlight() {
        busy = 0
    }

    mutating func tick(seconds: Double) {
        rates.append(Double(endedInTick) / max(seconds, 0.001))
        if rates.count > Self.remembered { rates.removeFirst() }
        endedInTick = 0
    }

    /// Requests a second over the last ten ticks.
    var rate: Double {
        let last = rates.suffix(10)
        return last.isEmpty ? 0 : last.reduce(0, +) / Double(last.count)
    }

    var median: Double? {
        times.isEmpty ? nil : times.sorted()[times.count / 2]
    }
}
