import Testing
import UltraAPI

@testable import UltraDaemon

@Suite("Budgets: limits of use")
struct BudgetsTests {
    static let midnight = LedgerSample.midnight
    static let day = 86_400_000

    static func rule(_ change: (inout BudgetRule) -> Void) -> BudgetRule {
        var rule = BudgetRule()
        change(&rule)
        return rule
    }

    static func amount(_ microUSD: Int, _ tokens: Int = 0) -> DayUse.Amount {
        DayUse.Amount(microUSD: microUSD, tokens: tokens)
    }

    static func now(_ milliseconds: Int = 0, steady: Int = 1000) -> Budgets.Moment {
        Budgets.Moment(real: midnight + milliseconds, steady: steady)
    }

    static let alice = BudgetRule.Subject(uid: 1000, gid: 100, program: "curl")

    /// The refusal; nil if the request is admitted.
    private static func refusal(
        _ budgets: inout Budgets, _ subject: BudgetRule.Subject = alice, _ estimate: DayUse.Amount = amount(0),
        at now: Budgets.Moment = now()
    ) -> Budgets.Refusal? {
        do throws(Budgets.Refusal) {
            _ = try budgets.admit(subject, estimate, at: now)
            return nil
        } catch {
            return error
        }
    }

    @Test("a reload keeps use and reservations of every subject that still has a budget, under the new limits")
    func adopt() throws {
        var budgets = Budgets([
            Self.rule {
                $0.uid = 1000
                $0.microUSDPerDay = 100
                $0.atOnce = 2
            },
            Self.rule { $0.program = "curl" },
        ])
        let first = try #require(try budgets.admit(Self.alice, Self.amount(60), at: Self.now()))
        let raised = Self.rule {
            $0.uid = 1000
            $0.microUSDPerDay = 150
            $0.atOnce = 2
        }
        // The rules in another order, one removed, one added.
        budgets.adopt([Self.rule { $0.gid = 100 }, raised])
        #expect(Self.refusal(&budgets, Self.alice, Self.amount(100))?.rule == raised)
        budgets.settle(first, Self.amount(60), at: Self.now())
        #expect(Self.refusal(&budgets, Self.alice, Self.amount(100)) != nil)
        #expect(Self.refusal(&budgets, Self.alice, Self.amount(90)) == nil)
        // The first reservation was returned once, to the account it was taken from.
        #expect(Self.refusal(&budgets, Self.alice, Self.amount(0)) == nil)
        #expect(Self.refusal(&budgets, Self.alice, Self.amount(0))?.limit == .atOnce(2))
        budgets.adopt([])
        #expect(budgets.isEmpty)
    }

    @Test(
        "a budget applies to the subjects it names, and to everybody if it names none",
        arguments: [
            (rule { $0.uid = 1000 }, true), (rule { $0.uid = 0 }, false), (rule { $0.gid = 100 }, true),
            (rule { $0.gid = 0 }, false), (rule { $0.program = "curl" }, true), (rule { $0.program = "cur" }, false),
            (rule { _ in }, true),
            (
                rule {
                    $0.uid = 1000
                    $0.program = "wget"
                }, false
            ),
            (
                rule {
                    $0.uid = 1000
                    $0.gid = 100
                    $0.program = "curl"
                }, true
            ),
        ])
    func matches(rule: BudgetRule, holds: Bool) {
        #expect(rule.matches(Self.alice) == holds)
        var bounded = rule
        bounded.atOnce = 0
        var budgets = Budgets([bounded])
        #expect((Self.refusal(&budgets) != nil) == holds)
    }

    @Test(
        "money and tokens of a day: up to the limit, and not beyond",
        arguments: [
            // limit, used before, estimate, is refused, can be admitted later
            (100, 0, 100, false, true), (100, 0, 101, true, false), (100, 60, 40, false, true),
            (100, 60, 41, true, true), (100, 100, 0, true, true), (100, 99, 0, false, true), (0, 0, 0, true, false),
            (100, 5000, 1, true, true), (.max, .max - 1, 1, false, true), (100, 10, .max, true, false),
        ])
    func perDay(limit: Int, used: Int, estimate: Int, isRefused: Bool, passes: Bool) {
        let money = Self.rule { $0.microUSDPerDay = limit }
        let tokens = Self.rule { $0.tokensPerDay = limit }
        for (rule, used, estimate) in [
            (money, Self.amount(used), Self.amount(estimate)), (tokens, Self.amount(0, used), Self.amount(0, estimate)),
        ] {
            var budgets = Budgets([rule])
            budgets.recall(Self.alice, used, at: Self.now())
            let refusal = Self.refusal(&budgets, Self.alice, estimate, at: Self.now(1000))
            #expect((refusal != nil) == isRefused)
            guard let refusal else { continue }
            // If waiting helps, the wait lasts until the next midnight.
            #expect(refusal.retryAfterMilliseconds == (passes && limit > 0 ? Self.day - 1000 : nil))
        }
    }

    @Test("64 requests at once reserve their estimates: together they do not exceed the limit")
    func concurrent() throws {
        var budgets = Budgets([Self.rule { $0.microUSDPerDay = 1000 }])
        var passes: [Budgets.Pass] = []
        for _ in 0..<64 {
            if let pass = try? budgets.admit(Self.alice, Self.amount(100), at: Self.now()) { passes.append(pass) }
        }
        #expect(passes.count == 10)
        // An unused part of a reservation is free again; use above the estimate counts.
        for pass in passes.prefix(5) { budgets.settle(pass, Self.amount(20), at: Self.now()) }
        #expect(Self.refusal(&budgets, Self.alice, Self.amount(400)) == nil)
        #expect(Self.refusal(&budgets, Self.alice, Self.amount(1)) != nil)
        budgets.settle(passes[5], Self.amount(5000), at: Self.now())
        #expect(Self.refusal(&budgets, Self.alice, Self.amount(0))?.limit == .microUSD(used: 5100, of: 1000))
    }

    @Test("a refused request reserves nothing in any budget")
    func allOrNone() throws {
        var budgets = Budgets([
            Self.rule { $0.atOnce = 5 }, Self.rule { $0.requestsPerMinute = 5 },
            Self.rule {
                $0.program = "curl"
                $0.tokensPerDay = 10
            },
        ])
        for _ in 0..<20 { #expect(Self.refusal(&budgets, Self.alice, Self.amount(0, 11)) != nil) }
        var wget = Self.alice
        wget.program = "wget"
        for _ in 0..<5 { #expect(Self.refusal(&budgets, wget, Self.amount(0, 11)) == nil) }
        #expect(Self.refusal(&budgets, wget) != nil)
    }

    @Test("of several refusals the longest wait is reported")
    func worst() throws {
        var budgets = Budgets([
            Self.rule { $0.atOnce = 1 }, Self.rule { $0.tokensPerDay = 100 }, Self.rule { $0.requestsPerMinute = 1 },
        ])
        _ = try budgets.admit(Self.alice, Self.amount(0, 100), at: Self.now())
        let refusal = Self.refusal(&budgets, Self.alice, Self.amount(0, 1))
        #expect(refusal?.limit == .tokens(used: 0, of: 100) && refusal?.retryAfterMilliseconds == Self.day)
    }

    @Test("a limit of concurrent requests admits one more when one has ended")
    func atOnce() throws {
        var budgets = Budgets([Self.rule { $0.atOnce = 2 }])
        let pass = try #require(try budgets.admit(Self.alice, Self.amount(0), at: Self.now()))
        #expect(Self.refusal(&budgets) == nil)
        #expect(Self.refusal(&budgets)?.limit == .atOnce(2))
        budgets.settle(pass, Self.amount(0), at: Self.now())
        #expect(Self.refusal(&budgets) == nil && Self.refusal(&budgets) != nil)
    }

    @Test("a limit per minute: no sixty seconds have more requests, and the reported wait is enough")
    func perMinute() {
        var budgets = Budgets([Self.rule { $0.requestsPerMinute = 10 }])
        var random = SplitMix(seed: 5)
        var admitted: [Int] = []
        for second in 1000..<2000 {
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let refusal = Self.refusal(&budgets, at: Self.now(steady: second))
                guard let wait = refusal?.retryAfterMilliseconds else {
                    admitted.append(second)
                    continue
                }
                // Without other requests in between, the request is admitted after the wait, and not a second before.
                var later = budgets
                #expect(Self.refusal(&later, at: Self.now(steady: second + wait / 1000 - 1)) != nil)
                #expect(Self.refusal(&later, at: Self.now(steady: second + wait / 1000)) == nil)
            }
            let recent = admitted.count { $0 > second - 60 }
            #expect(recent <= 10)
        }
        #expect(admitted.count > 140)
    }

    @Test("the day ends at midnight UTC for use that is settled then; reservations of requests in flight stay")
    func midnight() throws {
        var budgets = Budgets([Self.rule { $0.microUSDPerDay = 100 }])
        let before = Self.now(-1)
        let pass = try #require(try budgets.admit(Self.alice, Self.amount(60), at: before))
        budgets.recall(Self.alice, Self.amount(40), at: before)
        #expect(Self.refusal(&budgets, Self.alice, Self.amount(1), at: before)?.retryAfterMilliseconds == 1)
        #expect(Self.refusal(&budgets, Self.alice, Self.amount(41), at: Self.now(0)) != nil)
        budgets.settle(pass, Self.amount(60), at: Self.now(5))
        #expect(Self.refusal(&budgets, Self.alice, Self.amount(40), at: Self.now(6)) == nil)
        #expect(Self.refusal(&budgets, Self.alice, Self.amount(1), at: Self.now(7)) != nil)
        #expect(Self.refusal(&budgets, Self.alice, Self.amount(40), at: Self.now(Self.day)) == nil)
    }

    @Test("a negative use returns nothing")
    func negative() {
        var use = DayUse()
        use.add(Self.amount(10, 20), at: Self.midnight)
        use.add(Self.amount(-4, 5), at: Self.midnight)
        use.add(Self.amount(3, -500_000), at: Self.midnight)
        #expect(use.used(at: Self.midnight) == Self.amount(13, 25))
    }

    @Test("a wall clock that jumps back and forth neither forgives nor charges twice")
    func jumps() {
        var use = DayUse()
        use.add(Self.amount(10), at: Self.midnight)
        use.add(Self.amount(20), at: Self.midnight + 30 * Self.day)
        #expect(use.used(at: Self.midnight + 30 * Self.day) == Self.amount(20))
        // With the clock set back, the day's use is what it was.
        #expect(use.used(at: Self.midnight + 5) == Self.amount(10))
        use.add(Self.amount(1), at: Self.midnight + 5)
        use.add(Self.amount(2), at: Self.midnight - 1)
        #expect(use.used(at: Self.midnight + 6) == Self.amount(11))
        #expect(use.used(at: Self.midnight + 30 * Self.day) == Self.amount(20))
        // Only the most recently used days are kept: the fourth replaces the least recently used one.
        use.add(Self.amount(3), at: Self.midnight + 40 * Self.day)
        #expect(use.used(at: Self.midnight + 30 * Self.day) == Self.amount(0))
        #expect(use.used(at: Self.midnight + 6) == Self.amount(11))
    }

    @Test("a steady clock that stands still or goes back does not harm the limit per minute")
    func steady() {
        var window = MinuteWindow()
        window.add(at: 100)
        window.add(at: 90)
        #expect(window.total == 2 && window.wait(for: 2, at: 100) == 61 && window.wait(for: 3, at: 100) == 0)
        #expect(window.wait(for: 2, at: 160) == 1 && window.wait(for: 2, at: 161) == 0)
        window.add(at: 1_000_000_000)
        #expect(window.total == 1)
        window.recall(at: 1_000_000_000 - 30, now: 1_000_000_000)
        window.recall(at: 1_000_000_000 - 300, now: 1_000_000_000)
        #expect(window.total == 2 && window.wait(for: 2, at: 1_000_000_000) == 31)
    }
}
