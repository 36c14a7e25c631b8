import Testing
import UltraSystem

@testable import UltraDaemon

/// Times are milliseconds from the start of each test.
struct WarmScheduleTests {
    private let settings = HealthSettings()

    private static func warmth(
        open: Int, active: Int = 0, idle: Int = 0, usable: Int = 60_000
    ) -> PoolWarmth {
        PoolWarmth(open: open, active: active, idleMilliseconds: idle, usableMilliseconds: usable)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let warmth: PoolWarmth
        let step: WarmSchedule.Step
        var testDescription: String { "\(warmth)" }
    }

    @Test(
        "a connection is made if there is none, and used before it is too old",
        arguments: [
            Case(warmth: warmth(open: 0), step: .warm),
            Case(warmth: warmth(open: 0, active: 1), step: .wait(milliseconds: 54_000)),
            Case(warmth: warmth(open: 1, active: 1, idle: 99_000), step: .wait(milliseconds: 54_000)),
            Case(warmth: warmth(open: 1), step: .wait(milliseconds: 54_000)),
            Case(warmth: warmth(open: 1, idle: 53_999), step: .wait(milliseconds: 1)),
            Case(warmth: warmth(open: 1, idle: 54_000), step: .warm),
            Case(warmth: warmth(open: 3, idle: 99_000), step: .warm),
            Case(warmth: warmth(open: 1, usable: 4000), step: .wait(milliseconds: 3500)),
            Case(warmth: warmth(open: 1, usable: 1000), step: .wait(milliseconds: 500)),
            Case(warmth: warmth(open: 1, idle: 500, usable: 1000), step: .warm),
        ])
    func steps(_ row: Case) {
        #expect(WarmSchedule().next(row.warmth, at: 0) == row.step)
    }

    @Test("if no connection can be made, attempts become rarer, from 5 s to 5 min")
    func failures() {
        var schedule = WarmSchedule()
        var now = 0
        for pause in [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000] {
            #expect(schedule.next(Self.warmth(open: 0), at: now) == .warm)
            schedule.sent(isOpen: false, at: now, settings)
            #expect(schedule.next(Self.warmth(open: 0), at: now) == .wait(milliseconds: pause))
            now += pause
        }
        // A request has opened a connection meanwhile; the rest of the pause no longer matters.
        schedule.sent(isOpen: true, at: now, settings)
        schedule.kept()
        #expect(schedule.next(Self.warmth(open: 0), at: now) == .warm)
        schedule.sent(isOpen: false, at: now, settings)
        #expect(schedule.next(Self.warmth(open: 0), at: now) == .wait(milliseconds: 5000))
    }

    @Test("a connection closed for its age is replaced at once; a host without keep-alive is tried ever more rarely")
    func lost() {
        var schedule = WarmSchedule()
        for _ in 0..<3 {
            schedule.sent(isOpen: true, at: 0, settings)
            schedule.lost(afterIdle: 60_000, at: 0, settings)
            #expect(schedule.next(Self.warmth(open: 0), at: 0) == .warm)
        }
        for pause in [5000, 10_000, 20_000] {
            // The connection is open at first and closed a moment later.
            schedule.sent(isOpen: true, at: 0, settings)
            schedule.lost(afterIdle: 1000, at: 0, settings)
            #expect(schedule.next(Self.warmth(open: 0), at: 0) == .wait(milliseconds: pause))
        }
    }
}
