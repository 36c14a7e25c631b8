internal import UltraAPI

/// Limits by day, minute and concurrency: admits requests, or says when it will.
///
/// The possible use of a request is reserved before it is sent, and replaced by the actual use when it has ended, so
/// that concurrent requests cannot spend the same remainder. A budget is exceeded only by what the requests in flight
/// use above their estimates.
struct Budgets: Sendable {
    /// The two clocks: days follow the system's clock, minutes a steady one.
    struct Moment: Sendable {
        /// Milliseconds since 1970.
        var real: Int
        /// Seconds of a steady clock.
        var steady: Int
    }

    /// A reservation, to be settled in the accounts of these numbers.
    struct Pass: Sendable {
        fileprivate let accounts: [Int]
        fileprivate let reserved: DayUse.Amount
    }

    enum Limit: Sendable, Equatable {
        case microUSD(used: Int, of: Int)
        case tokens(used: Int, of: Int)
        case requests(ofMinute: Int)
        case atOnce(Int)
    }

    struct Refusal: Error, Sendable, Equatable {
        var rule: BudgetRule
        var limit: Limit
        /// nil: waiting does not help, because the request alone exceeds a day's limit.
        var retryAfterMilliseconds: Int?
    }

    private struct Account: Sendable {
        /// Unique, since a pass may outlive its account.
        let number: Int
        var rule: BudgetRule
        var use = DayUse()
        var reserved = DayUse.Amount()
        var window = MinuteWindow()
        var inFlight = 0
    }

    /// The retry hint when too many requests are in flight: one of them may end soon.
    static let pauseMilliseconds = 1000

    private var accounts: [Account] = []
    private var accountCount = 0
    /// Groups named by rules.
    private var groups: [UInt32] = []

    init(_ rules: [BudgetRule] = []) {
        adopt(rules)
    }

    /// Replaces the rules. An account whose rule has the same subject keeps its use and reservations; a new one starts
    /// from zero.
    mutating func adopt(_ rules: [BudgetRule]) {
        var old = accounts
        groups = rules.compactMap(\.gid)
        accounts = rules.map { rule in
            if let index = old.firstIndex(where: { $0.rule.isOfSame(as: rule) }) {
                var account = old.remove(at: index)
                account.rule = rule
                return account
            }
            accountCount += 1
            return Account(number: accountCount, rule: rule)
        }
    }

    var isEmpty: Bool { accounts.isEmpty }

    /// True if a budget in money applies to `subject`.
    func countMoney(of subject: BudgetRule.Subject) -> Bool {
        accounts.contains { $0.rule.microUSDPerDay != nil && $0.rule.matches(subject) }
    }

    /// The supplementary groups of `subject` that rules name, for the ledger: a restart needs them.
    func memberships(of subject: BudgetRule.Subject) -> [UInt32] {
        groups.isEmpty ? [] : subject.groups.filter { $0 != subject.gid && groups.contains($0) }
    }

    /// Reserves `estimate` in every budget that applies to `subject`, or in none.
    /// - Parameter isFree: true if the request is known to cost nothing, such as a cache hit: it counts as a request,
    ///   but an exhausted day does not stop it.
    /// - Returns: nil if no budget applies.
    mutating func admit(
        _ subject: BudgetRule.Subject, _ estimate: DayUse.Amount, isFree: Bool = false, at now: Moment
    ) throws(Refusal) -> Pass? {
        let matching = accounts.indices.filter { accounts[$0].rule.matches(subject) }
        guard !matching.isEmpty else { return nil }
        var worst: Refusal?
        for index in matching {
            guard let refusal = refusal(of: index, estimate, isFree: isFree, at: now) else { continue }
            // Report the longest wait: only then do all budgets admit the request.
            if let found = worst, found.retryAfterMilliseconds ?? .max >= refusal.retryAfterMilliseconds ?? .max {
                continue
            }
            worst = refusal
        }
        if let worst { throw worst }
        for index in matching {
            accounts[index].reserved = accounts[index].reserved + estimate
            accounts[index].window.add(at: now.steady)
            accounts[index].inFlight += 1
        }
        return Pass(accounts: matching.map { accounts[$0].number }, reserved: estimate)
    }

    private mutating func refusal(
        of index: Int, _ estimate: DayUse.Amount, isFree: Bool, at now: Moment
    ) -> Refusal? {
        let rule = accounts[index].rule
        let used = accounts[index].use.used(at: now.real)
        let wanted = used + accounts[index].reserved + estimate
        let tomorrow = DayUse.remaining(at: now.real)
        if !isFree, let limit = rule.microUSDPerDay, Self.exceeds(wanted.microUSD, used.microUSD, limit) {
            return Refusal(
                rule: rule, limit: .microUSD(used: used.microUSD, of: limit),
                retryAfterMilliseconds: Self.exceeds(estimate.microUSD, 0, limit) ? nil : tomorrow)
        }
        if !isFree, let limit = rule.tokensPerDay, Self.exceeds(wanted.tokens, used.tokens, limit) {
            return Refusal(
                rule: rule, limit: .tokens(used: used.tokens, of: limit),
                retryAfterMilliseconds: Self.exceeds(estimate.tokens, 0, limit) ? nil : tomorrow)
        }
        if let limit = rule.requestsPerMinute {
            let wait = accounts[index].window.wait(for: limit, at: now.steady)
            if wait > 0 || limit == 0 {
                return Refusal(
                    rule: rule, limit: .requests(ofMinute: limit),
                    retryAfterMilliseconds: limit == 0 ? nil : wait * 1000)
            }
        }
        if let limit = rule.atOnce, accounts[index].inFlight >= limit {
            return Refusal(
                rule: rule, limit: .atOnce(limit), retryAfterMilliseconds: limit == 0 ? nil : Self.pauseMilliseconds)
        }
        return nil
    }

    /// An exhausted budget refuses even an estimate of zero, which may only mean that the price is not known.
    private static func exceeds(_ wanted: Int, _ used: Int, _ limit: Int) -> Bool {
        wanted > limit || used >= limit
    }

    /// True if one more request to a provider is within the minute limits of all budgets of `pass`.
    mutating func mayAskAgain(_ pass: Pass, at now: Moment) -> Bool {
        for index in accounts.indices where pass.accounts.contains(accounts[index].number) {
            guard let limit = accounts[index].rule.requestsPerMinute else { continue }
            if accounts[index].window.wait(for: limit, at: now.steady) > 0 { return false }
        }
        return true
    }

    /// Counts one more request to a provider.
    mutating func askedAgain(_ pass: Pass, at now: Moment) {
        for index in accounts.indices where pass.accounts.contains(accounts[index].number) {
            accounts[index].window.add(at: now.steady)
        }
    }

    /// Replaces the reservation by the actual use, `amount`.
    mutating func settle(_ pass: Pass, _ amount: DayUse.Amount, at now: Moment) {
        for index in accounts.indices where pass.accounts.contains(accounts[index].number) {
            accounts[index].reserved = accounts[index].reserved - pass.reserved
            accounts[index].inFlight = max(0, accounts[index].inFlight - 1)
            accounts[index].use.add(amount, at: now.real)
        }
    }

    /// Adds use from before the start of this process.
    mutating func recall(_ subject: BudgetRule.Subject, _ amount: DayUse.Amount, at now: Moment) {
        for index in accounts.indices where accounts[index].rule.matches(subject) {
            accounts[index].use.add(amount, at: now.real)
        }
    }

    /// Adds use from before the start of this process to the budgets of supplementary groups only. The other budgets
    /// get it from `recall(_:_:at:)`, which is called without supplementary groups.
    mutating func recall(memberOf subject: BudgetRule.Subject, _ amount: DayUse.Amount, at now: Moment) {
        var alone = subject
        alone.groups = []
        for index in accounts.indices
        where accounts[index].rule.matches(subject) && !accounts[index].rule.matches(alone) {
            accounts[index].use.add(amount, at: now.real)
        }
    }

    /// Counts a request that began `age` seconds ago, before the start of this process.
    mutating func recall(_ subject: BudgetRule.Subject, age: Int, at now: Moment) {
        for index in accounts.indices where accounts[index].rule.matches(subject) {
            accounts[index].window.recall(at: now.steady - age, now: now.steady)
        }
    }
}
