internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// `usage`: sums over the ledger.
struct UsageOperation: Operation {
    private let ledger: Ledger
    private let loaded: LoadedConfiguration
    private let queries = UsageQueries()

    init(_ ledger: Ledger, _ loaded: LoadedConfiguration) {
        self.ledger = ledger
        self.loaded = loaded
    }

    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) throws(UltraError) {
        let request = try UsageRequest(frame)
        let caller = call.caller
        let visibility = loaded.administrators.visibility(for: caller)
        try queries.ask(call, request, visibility) {
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
            case .success(let groups): call.end(Report(UsageReport(groups, of: outcome.query)))
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
        // Includes requests that end in this very millisecond.
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
            var error = loaded.administrators.refusal(of: "the use of other users", to: caller)
            error.field = "filter.user"
            throw error
        }
        query.filter.uid = uid
        return query
    }

    /// The number of an account, looked up on the disk thread; nil: the request names none.
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
}

extension UsageReport {
    fileprivate init(_ groups: [UsageGroup], of query: UsageQuery) {
        self.init()
        rows = groups.map(\.row)
        since = Timestamp(seconds: query.since / 1000)
        until = Timestamp(seconds: query.until / 1000)
        keys = query.keys.map(\.rawValue)
    }
}
