internal import Logging
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Where requests meet the budgets.
extension Daemon {
    private var moment: Budgets.Moment {
        Budgets.Moment(real: RealTime.now, steady: WallClock.now / 1000)
    }

    /// The rules of the configuration. A name the system does not know bounds nobody, which is said.
    static func budgetRules(
        _ configuration: Configuration, _ accounts: NamedAccounts, _ log: Logger
    ) -> [BudgetRule] {
        configuration.budgets.enumerated().compactMap { index, settings in
            if let rule = BudgetRule(settings, accounts) { return rule }
            let name = settings.user ?? settings.group ?? ""
            log.warning("budgets[\(index)] names \(name), whom the system does not know: ignoring that budget")
            return nil
        }
    }

    /// Refuses what would go beyond a budget, else reserves what it may use. Before anything is sent.
    func admit(_ call: Call, _ candidate: Candidate, _ tokens: (input: Int, output: Int)) throws(UltraError) {
        guard !budgets.isEmpty else { return }
        call.use.admittedInput = tokens.input
        var price: Price?
        if case .upstream = candidate.target { price = candidate.model.facts.price?.value }
        let estimate = UseEstimate.amount(tokens, price)
        do throws(Budgets.Refusal) {
            call.use.pass = try budgets.admit(BudgetRule.Subject(call.caller), estimate, at: moment)
        } catch {
            throw UltraError(error, at: RealTime.now)
        }
    }

    /// Admits a request that costs nothing, because the cache or another's request answers it: it counts as a request.
    func admitFree(_ call: Call) throws(UltraError) {
        guard !budgets.isEmpty, call.use.pass == nil else { return }
        do throws(Budgets.Refusal) {
            call.use.pass = try budgets.admit(
                BudgetRule.Subject(call.caller), DayUse.Amount(), isFree: true, at: moment)
        } catch {
            throw UltraError(error, at: RealTime.now)
        }
    }

    /// Takes back what `admitFree` reserved for a request that is to be admitted as another kind.
    func release(_ call: Call) {
        guard let pass = call.use.pass else { return }
        call.use.pass = nil
        budgets.settle(pass, DayUse.Amount(), at: moment)
    }

    /// Whether a request that was sent to a provider may be sent to one again.
    func mayAskAgain(_ call: Call) -> Bool {
        guard let pass = call.use.pass else { return true }
        return budgets.mayAskAgain(pass, at: moment)
    }

    func askedAgain(_ call: Call) {
        guard let pass = call.use.pass else { return }
        budgets.askedAgain(pass, at: moment)
    }

    /// Notes what an attempt used, well or not, for the budgets that hold for the call.
    func attemptUsed(
        _ call: Call, _ answer: Answer, _ error: UltraError?, wasSent: Bool, _ delivered: UseOfAttempts.Delivered,
        _ price: Price?
    ) {
        guard call.use.pass != nil else { return }
        let isBilled = wasSent && !(error.map(ChainUse.isUnbilled) ?? false)
        call.use.attempts.add(
            answer.usage, cost: error == nil ? answer.costMicroUSD : nil, isBilled: isBilled,
            admitted: call.use.admittedInput, delivered, price)
    }

    /// Puts right what was reserved for a call that has ended.
    func settle(_ call: Call) {
        guard let pass = call.use.pass else { return }
        call.use.pass = nil
        budgets.settle(pass, call.use.attempts.amount, at: moment)
    }

    /// Takes over what the ledger has of today.
    func recallBudgets(_ recall: LedgerRecall, at now: Int) {
        guard !budgets.isEmpty else { return }
        let moment = moment
        for group in recall.groups {
            let subject = BudgetRule.Subject(
                uid: group.name.uid ?? 0, gid: group.name.gid ?? 0, program: group.name.program)
            let tokens = group.figures.input.value &+ group.figures.output.value
            budgets.recall(
                subject, DayUse.Amount(microUSD: group.figures.cost.value, tokens: tokens), at: moment)
        }
        for member in recall.members { budgets.recall(memberOf: member.subject, member.amount, at: moment) }
        for start in recall.starts {
            let subject = BudgetRule.Subject(
                uid: start.uid, gid: start.gid, groups: start.memberOf, program: start.program)
            budgets.recall(subject, age: max(0, (now - start.time) / 1000), at: moment)
        }
    }
}

extension UltraError {
    /// - Parameter now: milliseconds since 1970.
    init(_ refusal: Budgets.Refusal, at now: Int) {
        let whose = refusal.rule.words
        let wait = refusal.retryAfterMilliseconds
        let when = wait.map { "ask again at \(RFC3339.string((now + $0 + 999) / 1000))" }
        let code: ErrorCode
        let message: String
        var hint: String
        switch refusal.limit {
        case .microUSD(let used, let limit):
            code = .quotaExceeded
            message =
                "the budget of \(whose) is \(Self.usd(limit)) USD a day, \(Self.usd(used)) are used, and this request may cost more than is left"
            hint = when ?? "this request alone may cost more than a day may: lower max_tokens"
            hint += ", or raise usd_per_day in [[budgets]]"
        case .tokens(let used, let limit):
            code = .quotaExceeded
            message =
                "the budget of \(whose) is \(limit) tokens a day, \(used) are used, and this request may use more than is left"
            hint = when ?? "this request alone may use more than a day may: lower max_tokens"
            hint += ", or raise tokens_per_day in [[budgets]]"
        case .requests(let limit):
            code = .rateLimited
            message = "\(whose) may begin \(limit) requests a minute, and has"
            hint = (when ?? "no request is allowed") + ", or raise requests_per_minute in [[budgets]]"
        case .atOnce(let limit):
            code = .rateLimited
            message = "\(whose) may have \(limit) requests in flight, and has"
            hint = "ask again when one of them has ended, or raise at_once in [[budgets]]"
        }
        self.init(
            code, message, hint: hint, provider: "ultrad", isRetryable: wait != nil, retryAfterMilliseconds: wait)
    }

    private static func usd(_ microUSD: Int) -> String {
        var json = JSONWriter()
        json.fixed(microUSD, places: 6)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
