/// Requests since the start and use of the day, of all users together and of each one.
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

    mutating func add(_ use: RequestRecord.Use, of uid: UInt32) {
        all.today.add(use.usage, use.costMicroUSD, at: use.endedAt)
        byUser[uid, default: Figures()].today.add(use.usage, use.costMicroUSD, at: use.endedAt)
    }

    /// Takes over the use of the day from the ledger.
    /// - Parameter uid: nil: the user is not known.
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
