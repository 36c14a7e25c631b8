internal import UltraAPI
internal import UltraSystem

/// Queries of the ledger that are asked for: of each user one is worked on at a time, and equal ones that wait are
/// answered together, so that nobody keeps the disk busy by asking often.
@Loop
final class UsageQueries {
    /// Different queries of one user that may wait.
    static let limit = 32

    typealias Answer = Result<[UsageGroup], UltraError>

    /// What came of a request, and the query that its words meant at that moment.
    struct Outcome: Sendable {
        var query: UsageQuery
        var answer: Answer
    }

    /// Equal requests of clients that may see the same.
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

    /// By user; the first is worked on.
    private var entries: [UInt32: [Entry]] = [:]

    /// Answers `call` when its turn has come, by `end`, which is not called where the call has ended before.
    /// - Parameter work: finds the rows; the same for equal requests and visibilities.
    func ask(
        _ call: Call, _ request: UsageRequest, _ visibility: Visibility, work: @escaping @Loop () async -> Outcome,
        end: @escaping @Loop (Call, Outcome) -> Void
    ) throws(UltraError) {
        let uid = call.peer.uid
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
            // The next one first: answers that cannot be sent yet keep nobody waiting.
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

    /// Nobody waits for it any more.
    private func drop(_ entry: Entry, of uid: UInt32) {
        if let task = entry.task { return task.cancel() }
        entries[uid]?.removeAll { $0 === entry }
    }
}
