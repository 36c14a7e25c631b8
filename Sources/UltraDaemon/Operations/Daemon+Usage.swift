internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// What is recorded of requests, and `usage`, which asks for it.
extension Daemon {
    /// Takes over what the ledger has of today. Before the first request.
    func recallUse() {
        let now = RealTime.now
        guard let recall = ledger.recall(at: now) else { return }
        for group in recall.groups { activity.add(group.figures, of: group.name.uid, at: now) }
        recallBudgets(recall, at: now)
    }

    /// An attempt is over without an answer; `answer` is what came of it.
    func attemptEnded(_ call: Call, _ answer: Answer) {
        guard answer.usage != Usage() else { return }
        call.use.failed.append(
            (
                answer.usage,
                price(of: answer.model, answer.provider, answeredAs: answer.providerModel)?.cost(of: answer.usage)
            ))
    }

    /// Records a chain that ended.
    func record(_ call: Call, _ answer: Answer, _ error: UltraError?) {
        var row = row(call, answer, error)
        if call.use.pass != nil, call.use.attempts.isEstimated { estimate(&row, call.use.attempts) }
        activity.add(row)
        ledger.record(row)
        settle(call)
    }

    /// What a budget counts is written down too: it holds after a restart.
    private func estimate(_ row: inout LedgerRow, _ use: UseOfAttempts) {
        row.usage.inputTokens = use.inputTokens
        row.usage.outputTokens = use.outputTokens
        row.usage.source = .estimated
        if row.price != nil { row.costMicroUSD = use.microUSD }
    }

    private func row(_ call: Call, _ answer: Answer, _ error: UltraError?) -> LedgerRow {
        let model = answer.model.isEmpty ? error?.model ?? call.use.firstModel : answer.model
        let provider = answer.provider.isEmpty ? String(model.prefix { $0 != "/" }) : answer.provider
        let price = answer.isMock ? nil : price(of: model, provider, answeredAs: answer.providerModel)
        let use = ChainUse(answer, error, price: price, failed: call.use.failed)
        var row = LedgerRow(
            time: RealTime.now, uid: call.caller.uid, gid: call.caller.gid, pid: call.caller.pid,
            program: call.caller.program, operation: call.use.operation.rawValue, modelAsked: call.use.modelAsked,
            model: model, provider: provider)
        row.usage = use.usage
        row.costMicroUSD = use.costMicroUSD
        row.price = price?.rates(forInput: answer.usage.inputTokens)
        row.firstTokenMilliseconds = answer.timing.firstToken
        row.totalMilliseconds = Double(EventLoop.now - call.startedAt) / 1e6
        if let error { row.outcome = error.code.rawValue }
        row.cache = answer.cache
        row.attempts = (error?.attempts ?? answer.attempts).count { $0.skipped == nil }
        if error == nil { row.attempts = max(1, row.attempts) }
        row.tags = call.use.tags
        row.memberOf = budgets.memberships(of: BudgetRule.Subject(call.caller))
        return row
    }

    private func price(of model: String, _ provider: String, answeredAs answered: String?) -> Price? {
        guard let provider = registry.provider(provider), let name = model.afterSlash(of: provider.id) else {
            return nil
        }
        return provider.price(of: provider.model(name), answeredAs: answered)
    }

    // MARK: - usage

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
