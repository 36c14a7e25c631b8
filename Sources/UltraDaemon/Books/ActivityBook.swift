internal import UltraSystem

/// Counts requests in flight, and the use of the day, for `status`.
@Loop
final class ActivityBook: RequestObserver {
    private(set) var activity = Activity()

    var inFlight: Int { activity.all.usage.inFlight }

    func began(_ record: RequestRecord) {
        activity.began(record.caller.uid)
    }

    func ended(_ record: RequestRecord) {
        guard record.part != .request, let use = record.use else { return }
        activity.add(use, of: record.caller.uid)
        activity.ended(record.caller.uid, isFailure: record.error != nil)
    }

    /// Takes over the use of the day from the ledger.
    /// - Parameter now: milliseconds since 1970.
    func recall(_ recall: LedgerRecall, at now: Int) {
        for group in recall.groups { activity.add(group.figures, of: group.name.uid, at: now) }
    }
}
