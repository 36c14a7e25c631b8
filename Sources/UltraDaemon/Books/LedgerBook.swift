internal import UltraAPI
internal import UltraSystem

/// Writes each request that reached a model into the ledger. Refusals are left to the other observers: they use nothing,
/// and budgets take the ledger's rows for use after a restart.
@Loop
final class LedgerBook: RequestObserver {
    private let ledger: Ledger
    private let admission: Admission

    init(_ ledger: Ledger, _ admission: Admission) {
        self.ledger = ledger
        self.admission = admission
    }

    func ended(_ record: RequestRecord) {
        guard record.hasUse else { return }
        ledger.record(row(record))
    }

    private func row(_ record: RequestRecord) -> LedgerRow {
        let caller = record.caller
        var row = LedgerRow(
            time: record.endedAt, uid: caller.uid, gid: caller.gid, pid: caller.pid, program: caller.program,
            operation: record.operation?.rawValue ?? "", modelAsked: record.modelAsked, model: record.model,
            provider: record.provider)
        row.usage = record.usage
        row.costMicroUSD = record.costMicroUSD
        row.price = record.price
        row.firstTokenMilliseconds = record.answer.timing.firstToken
        row.totalMilliseconds = record.milliseconds
        if let error = record.error { row.outcome = error.code.rawValue }
        row.cache = record.answer.cache
        row.attempts = (record.error?.attempts ?? record.answer.attempts).count { $0.skipped == nil }
        if record.error == nil { row.attempts = max(1, row.attempts) }
        row.tags = record.tags
        row.memberOf = admission.memberships(of: caller)
        return row
    }
}
