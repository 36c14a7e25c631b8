internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// `usage`: sums over the ledger.
extension Daemon {
    /// Takes over the use of today from the ledger, before the first request.
    func recallUse() {
        let now = RealTime.now
        guard let recall = ledger.recall(at: now) else { return }
        activity.recall(recall, at: now)
        admission.recall(recall, at: now)
    }

    func usage(_ call: Call, _ frame: RequestFrame) throws(UltraError) {
        let request = try UsageRequest(frame)
        let caller = call.caller
        let visibility = administrators.visibility(for: caller)
        try usageQueries.ask(call, request, visibility) { [self] in
            var query = UsageQuery(since: 0, until: 0)
            do throws(UltraError) {
                query = try await self.query(request, for: caller, visibility)
                return UsageQueries.Outcome(query: query, answer: .success(try await ledger.usage(query)))
            } catch {
                return UsageQueries.Outcome(query: query, answer: .failure(error))
            }
        } end: { call, outcome in
            switch outcome.answer {
            case .failure(let error): call.fail(error)
            case .success(let groups):
                let query = outcome.query
                call.end(
                    Report { json in
                        json.key("rows")
                        json.beginArray()
                        for group in groups { group.write(query.keys, to: &json) }
                        json.endArray()
                        json.field("since", RFC3339.string(query.since / 1000))
                        json.field("until", RFC3339.string(query.until / 1000))
                        json.strings("group_by", query.keys.map(\.rawValue))
                    })
            }
        }
    }

    /// Resolves the times and names of `request`, limited to what `caller` may see.
    private func query(_ request: UsageRequest, for caller: Caller, _ visibility: Visibility) async throws(UltraError)
        -> UsageQuery
    {
        let now = RealTime.now
        var query = UsageQuery(
            since: max(0, request.since.moment(now: now)), until: max(0, request.until.moment(now: now)))
        guard query.since <= query.until else {
            throw UltraError(.invalidRequest, "since must not be after until", field: "since")
        }
        // Include requests that end in this very millisecond.
        if request.until == .before(milliseconds: 0) { query.until += 1 }
        query.keys = request.keys
        query.filter.model = request.filter.model
        query.filter.provider = request.filter.provider
        query.filter.program = request.filter.program
        query.filter.operation = request.filter.operation
        query.filter.outcome = request.filter.outcome
        query.filter.tag = request.filter.tag
        query.filter.uid = try await number(request.filter.user, "user") { Accounts.shared.uid(ofUser: $0) }
        query.filter.gid = try await number(request.filter.group, "group") { Accounts.shared.gid(ofGroup: $0) }
        guard case .own(let uid) = visibility else { return query }
        guard query.filter.uid ?? uid == uid else {
            var error = administrators.refusal(of: "the use of other users", to: caller)
            error.field = "filter.user"
            throw error
        }
        query.filter.uid = uid
        return query
    }

    /// The number of an account, looked up on the disk's thread; nil: the request names none.
    private func number(
        _ account: UsageRequest.Account?, _ kind: String, _ lookUp: @escaping @Disk @Sendable (String) -> UInt32?
    ) async throws(UltraError) -> UInt32? {
        switch account {
        case nil: return nil
        case .number(let number): return number
        case .name(let name):
            guard let number = await Disk.run({ lookUp(name) }) else {
                throw UltraError(.invalidRequest, "there is no \(kind) of that name", field: "filter.\(kind)")
            }
            return number
        }
    }

    /// `ledger` of `status`.
    func writeLedger(_ visibility: Visibility, to json: inout JSONWriter) {
        json.key("ledger")
        json.beginObject()
        switch ledger.state {
        case .recording: json.field("state", "recording")
        case .off: json.field("state", "off")
        case .failing: json.field("state", "failing")
        }
        json.fieldOrNull("path", visibility.showsSetup ? ledger.path : nil)
        json.field("pending", ledger.pending)
        json.field("lost", ledger.lost)
        switch ledger.state {
        case .recording:
            json.fieldOrNull("error", nil as String?)
            json.fieldOrNull("since", nil as String?)
        case .off(let why):
            json.field("error", why)
            json.fieldOrNull("since", nil as String?)
        case .failing(let since, let why):
            json.field("error", why)
            json.field("since", RFC3339.string(since / 1000))
        }
        json.endObject()
    }
}
