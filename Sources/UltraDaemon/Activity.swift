/// Requests since the start and use of the day, of everybody and of each user.
struct Activity: Sendable {
    struct Figures: Sendable {
        var usage = UsageCount()
        var today = DayTotals()
    }

    private(set) var all = Figures()
    private var byUser: [UInt32: Figures] = [:]

    mutating func began(_ uid: UInt32) {
        all.usage.began()
        byUser[uid, default: Figures()].usage.began()
    }

    mutating func ended(_ uid: UInt32, isFailure: Bool) {
        all.usage.ended(isFailure: isFailure)
        byUser[uid, default: Figures()].usage.ended(isFailure: isFailure)
    }

    mutating func add(_ row: LedgerRow) {
        all.today.add(row)
        byUser[row.uid, default: Figures()].today.add(row)
    }

    /// Takes over what the ledger has of the day.
    /// - Parameter uid: nil: it is not known whose.
    mutating func add(_ figures: UsageFigures, of uid: UInt32?, at now: Int) {
        all.today.add(figures, at: now)
        if let uid { byUser[uid, default: Figures()].today.add(figures, at: now) }
    }

    func figures(_ visibility: Visibility) -> Figures {
        switch visibility {
        case .everything: all
        case .own(let uid): byUser[uid] ?? Figures()
        }
    }
}
