internal import Logging
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Admits requests by the budgets: reserves what a request may use before it is sent, and settles that when it has ended.
@Loop
final class Admission {
    private var budgets: Budgets

    init(_ rules: [BudgetRule] = []) {
        budgets = Budgets(rules)
    }

    func adopt(_ rules: [BudgetRule]) {
        budgets.adopt(rules)
    }

    private var moment: Budgets.Moment {
        Budgets.Moment(real: RealTime.now, steady: WallClock.now / 1000)
    }

    /// Reserves what the request may use, before anything is sent.
    /// - Parameter tokens: the estimate of its use.
    /// - Throws: `quota_exceeded` or `rate_limited` if it would exceed a budget.
    func admit(_ call: Call, _ candidate: Candidate, _ tokens: (input: Int, output: Int)) throws(UltraError) {
        guard !budgets.isEmpty else { return }
        call.record.admittedInput = tokens.input
        var price: Price?
        if case .upstream = candidate.target { price = candidate.model.facts.price?.value }
        call.record.pass = try reserve(call.caller, UseEstimate.amount(tokens, price), isFree: false)
    }

    /// Admits a request that costs nothing, because the cache or another's request answers it: it counts as a request.
    /// - Throws: `rate_limited` if it would exceed a budget.
    func admitFree(_ call: Call) throws(UltraError) {
        guard !budgets.isEmpty, call.record.pass == nil else { return }
        call.record.pass = try reserve(call.caller, DayUse.Amount(), isFree: true)
    }

    private func reserve(
        _ caller: Caller, _ estimate: DayUse.Amount, isFree: Bool
    ) throws(UltraError) -> Budgets.Pass? {
        do throws(Budgets.Refusal) {
            return try budgets.admit(BudgetRule.Subject(caller), estimate, isFree: isFree, at: moment)
        } catch {
            throw UltraError(error, at: RealTime.now)
        }
    }

    /// Gives back the reservation of `admitFree`, for a request that is to be admitted as one that has a cost.
    func release(_ call: Call) {
        guard let pass = call.record.pass else { return }
        call.record.pass = nil
        budgets.settle(pass, DayUse.Amount(), at: moment)
    }

    /// True if a request that was sent to a provider may be sent to one again.
    func mayAskAgain(_ call: Call) -> Bool {
        guard let pass = call.record.pass else { return true }
        return budgets.mayAskAgain(pass, at: moment)
    }

    func askedAgain(_ call: Call) {
        guard let pass = call.record.pass else { return }
        budgets.askedAgain(pass, at: moment)
    }

    /// Notes the use of an attempt, whether it succeeded or not.
    /// - Parameters:
    ///   - wasSent: the request may have reached the provider.
    ///   - price: of the model that answered; nil: not known.
    func attemptUsed(
        _ call: Call, _ answer: Answer, _ error: UltraError?, wasSent: Bool, _ delivered: UseOfAttempts.Delivered,
        _ price: Price?
    ) {
        guard call.record.pass != nil else { return }
        let isBilled = wasSent && !(error.map(ChainUse.isUnbilled) ?? false)
        call.record.attempts.add(
            answer.usage, cost: error == nil ? answer.costMicroUSD : nil, isBilled: isBilled,
            admitted: call.record.admittedInput, delivered, price)
    }

    /// Refuses `provider_options` that may change the price, which a budget in money counts by.
    func refuseSurcharges(_ options: [String: RawJSON], of caller: Caller) throws(UltraError) {
        guard !options.isEmpty, budgets.countMoney(of: BudgetRule.Subject(caller)) else { return }
        for (provider, object) in options {
            guard let member = ProviderOptions.surchargedMember(of: object) else { continue }
            let place = "provider_options.\(provider).\(member)"
            throw UltraError(
                .invalidRequest, "\(place) may change the price, which a budget of yours counts by",
                hint: "leave it out, or ask an administrator to lift usd_per_day in [[budgets]]", field: place)
        }
    }

    /// The supplementary groups of `caller` by which a budget applies to it.
    func memberships(of caller: Caller) -> [UInt32] { budgets.memberships(of: BudgetRule.Subject(caller)) }

    /// Takes over the use of the day from the ledger.
    /// - Parameter now: milliseconds since 1970.
    func recall(_ recall: LedgerRecall, at now: Int) {
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

extension Admission: RequestObserver {
    /// Replaces the reservation by the actual use.
    func ended(_ record: RequestRecord) {
        guard let pass = record.pass else { return }
        budgets.settle(pass, record.attempts.amount, at: moment)
    }
}

extension BudgetRule {
    /// The rules of the configuration. A rule whose user or group the system does not know applies to nobody, which is
    /// logged.
    static func rules(of configuration: Configuration, _ accounts: NamedAccounts, _ log: Logger) -> [BudgetRule] {
        configuration.budgets.enumerated().compactMap { index, settings in
            if let rule = BudgetRule(settings, accounts) { return rule }
            let name = settings.user ?? settings.group ?? ""
            log.warning("budgets[\(index)] names \(name), whom the system does not know: ignoring that budget")
            return nil
        }
    }
}

extension UltraError {
    /// - Parameter now: milliseconds since 1970.
    init(_ refusal: Budgets.Refusal, at now: Int) {
        let whose = refusal.rule.words
        let wait = refusal.retryAfterMilliseconds
        let when = wait.map { "ask again at \(Timestamp(seconds: (now + $0 + 999) / 1000).text)" }
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
