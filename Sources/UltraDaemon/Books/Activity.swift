internal import UltraSystem

/// Requests since the start and use of the day, of all users together and of each one.
struct Activity: Sendable {
    struct Figures: Sendable {
        var usage = UsageCount()
        var today = DayTotals()

        @Loop
        fileprivate mutating func ended(_ record: RequestRecord) {
            usage.ended(isFailure: record.error != nil)
            today.add(record.usage, record.costMicroUSD, at: record.endedAt)
        }
    }

    private(set) var all = Figures()
    private var byUser: [UInt32: Figures] = [:]

    mutating func began(_ uid: UInt32) {
        all.usage.began()
        byUser[uid, default: Figures()].usage.began()
    }

    @Loop
    mutating func ended(_ record: RequestRecord) {
        all.ended(record)
        byUser[record.caller.uid, default: Figures()].ended(record)
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
