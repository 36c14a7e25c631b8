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
        var row = LedgerRow(record)
        row.memberOf = admission.memberships(of: record.caller)
        ledger.record(row)
    }
}

extension LedgerRow {
    @Loop
    fileprivate init(_ record: RequestRecord) {
        let caller = record.caller
        self.init(
            time: record.endedAt, uid: caller.uid, gid: caller.gid, pid: caller.pid, program: caller.program,
            operation: record.operation?.rawValue ?? "", modelAsked: record.modelAsked, model: record.model,
            provider: record.provider)
        usage = record.usage
        costMicroUSD = record.costMicroUSD
        price = record.price
        firstTokenMilliseconds = record.answer.timing.firstToken
        totalMilliseconds = record.milliseconds
        if let error = record.error { outcome = error.code.rawValue }
        cache = record.answer.cache
        attempts = (record.error?.attempts ?? record.answer.attempts).count { $0.skipped == nil }
        if record.error == nil { attempts = max(1, attempts) }
        tags = record.tags
    }
}
