internal import UltraAPI
internal import UltraSystem

/// Writes each request that reached a model into the ledger.
@Loop
final class LedgerBook: RequestObserver {
    private let ledger: Ledger
    private let admission: Admission

    init(_ ledger: Ledger, _ admission: Admission) {
        self.ledger = ledger
        self.admission = admission
    }

    func ended(_ record: RequestRecord) {
        guard record.part != .request, let use = record.use, let answer = record.answer else { return }
        var row = LedgerRow(record, use, answer)
        row.memberOf = admission.memberships(of: record.caller)
        ledger.record(row)
    }
}

extension LedgerRow {
    @Loop
    fileprivate init(_ record: RequestRecord, _ use: RequestRecord.Use, _ answer: Answer) {
        let caller = record.caller
        self.init(
            time: use.endedAt, uid: caller.uid, gid: caller.gid, pid: caller.pid, program: caller.program,
            operation: record.operation.rawValue, modelAsked: record.modelAsked, model: use.model,
            provider: use.provider)
        usage = use.usage
        costMicroUSD = use.costMicroUSD
        price = use.price
        firstTokenMilliseconds = answer.timing.firstToken
        totalMilliseconds = record.milliseconds
        if let error = record.error { outcome = error.code.rawValue }
        cache = answer.cache
        attempts = (record.error?.attempts ?? answer.attempts).count { $0.skipped == nil }
        if record.error == nil { attempts = max(1, attempts) }
        tags = record.tags
    }
}
