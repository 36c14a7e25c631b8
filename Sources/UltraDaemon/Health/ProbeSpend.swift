/// What probes cost today (UTC), in micro-USD. What a probe may cost is set aside before it is sent, so that several at
/// once keep to the budget together.
struct ProbeSpend: Sendable, Equatable {
    /// What one probe may cost, out of one day's budget.
    struct Reservation: Sendable, Equatable {
        fileprivate let day: Int
        let microUSD: Int
    }

    private var day = 0
    private var microUSD = 0

    private static let dayMilliseconds = 86_400_000

    init() {}

    /// As an earlier run of the daemon left it.
    init(microUSD: Int, at time: Int) {
        day = time / Self.dayMilliseconds
        self.microUSD = max(0, microUSD)
    }

    /// - Parameter now: milliseconds since 1970.
    func today(at now: Int) -> Int {
        now / Self.dayMilliseconds == day ? microUSD : 0
    }

    /// Sets `estimate` aside; nil: that much is not left of today's `budget`.
    mutating func reserve(_ estimate: Int, of budget: Int, at now: Int) -> Reservation? {
        let spent = today(at: now)
        guard spent < budget, estimate <= budget - spent else { return nil }
        day = now / Self.dayMilliseconds
        microUSD = spent + estimate
        return Reservation(day: day, microUSD: estimate)
    }

    /// The probe is over and cost `cost`.
    mutating func settle(_ reservation: Reservation, cost: Int) {
        guard reservation.day == day else { return }
        microUSD = max(0, microUSD - reservation.microUSD) + cost
    }
}
