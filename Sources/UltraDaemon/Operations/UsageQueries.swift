internal import UltraAPI
internal import UltraSystem

/// The queue of queries to the ledger. One query of each user runs at a time, and equal waiting ones are answered
/// together, so that no user keeps the disk busy.
@Loop
final class UsageQueries {
    /// The maximum number of different queries of one user that wait.
    static let limit = 32

    typealias Answer = Result<[UsageGroup], UltraError>

    /// The rows, and the query as it was resolved when it ran.
    struct Outcome: Sendable {
        var query: UsageQuery
        var answer: Answer
    }

    /// Equal requests of callers with the same visibility.
    private final class Entry {
        let request: UsageRequest
        let visibility: Visibility
        let work: @Loop () async -> Outcome
        let end: @Loop (Call, Outcome) -> Void
        var calls: [ObjectIdentifier: Call] = [:]
        var task: Task<Void, Never>?

        init(
            _ request: UsageRequest, _ visibility: Visibility, _ work: @escaping @Loop () async -> Outcome,
            _ end: @escaping @Loop (Call, Outcome) -> Void
        ) {
            self.request = request
            self.visibility = visibility
            self.work = work
            self.end = end
        }
    }

    /// Queries by user; the first one runs.
    private var entries: [UInt32: [Entry]] = [:]

    /// Queues a query.
    /// - Parameters:
    ///   - work: Finds the rows; it is the same for equal requests and visibilities.
    ///   - end: Ends the call; it is not called if the call has ended before.
    func ask(
        _ call: Call, _ request: UsageRequest, _ visibility: Visibility, work: @escaping @Loop () async -> Outcome,
        end: @escaping @Loop (Call, Outcome) -> Void
    ) throws(UltraError) {
        let uid = call.caller.uid
        let waiting = entries[uid, default: []].dropFirst()
        let entry: Entry
        if let equal = waiting.first(where: { $0.request == request && $0.visibility == visibility }) {
            entry = equal
        } else {
            guard waiting.count < Self.limit else {
                throw UltraError(
                    .rateLimited, "uid \(uid) has \(Self.limit) usage queries that wait, the most there may be",
                    hint: "wait for their answers", provider: "ultrad", isRetryable: true)
            }
            entry = Entry(request, visibility, work, end)
            entries[uid, default: []].append(entry)
        }
        entry.calls[ObjectIdentifier(call)] = call
        call.onCancel = { [unowned self, entry] call in
            guard let reason = call.cancellation else { return }
            entry.calls[ObjectIdentifier(call)] = nil
            call.onCancel = nil
            call.fail(reason)
            if entry.calls.isEmpty { drop(entry, of: uid) }
        }
        if entries[uid]?.count == 1 { begin(uid) }
    }

    private func begin(_ uid: UInt32) {
        guard let entry = entries[uid]?.first else {
            entries[uid] = nil
            return
        }
        entry.task = Loop.spawn { [self] in
            let outcome = await entry.work()
            entries[uid]?.removeFirst()
            // The next query starts first, so that slow readers delay no other user.
            begin(uid)
            for call in entry.calls.values {
                call.onCancel = nil
                guard call.isCongested else {
                    entry.end(call, outcome)
                    continue
                }
                call.run {
                    await call.drained()
                    if let reason = call.cancellation { return call.fail(reason) }
                    entry.end(call, outcome)
                }
            }
        }
    }

    /// Removes a query for which no call waits any more.
    private func drop(_ entry: Entry, of uid: UInt32) {
        if let task = entry.task { return task.cancel() }
        entries[uid]?.removeAll { $0 === entry }
    }
}
