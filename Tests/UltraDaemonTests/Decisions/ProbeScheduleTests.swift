import Testing

@testable import UltraDaemon

struct ProbeScheduleTests {
    private let settings = HealthSettings()

    @Test(
        "the next probe is 60 s away, give or take a fifth",
        arguments: [(0.0, 48_000), (0.25, 54_000), (0.5, 60_000), (0.75, 66_000), (0.9999999, 71_999)])
    func interval(random: Double, milliseconds: Int) {
        var schedule = ProbeSchedule()
        #expect(schedule.nextAt == nil)
        schedule.succeeded(at: 1000, random: random, settings)
        #expect(schedule.nextAt == 1000 + milliseconds)
    }

    @Test("after failures it is 5 s, doubling to 5 min, and a success starts over")
    func backoff() {
        var schedule = ProbeSchedule()
        var now = 0
        for pause in [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000] {
            schedule.failed(at: now, retryAfter: nil, settings)
            #expect(schedule.nextAt == now + pause)
            now += pause
        }
        for _ in 0..<1000 { schedule.failed(at: now, retryAfter: nil, settings) }
        #expect(schedule.nextAt == now + 300_000)
        schedule.succeeded(at: now, random: 0.5, settings)
        schedule.failed(at: now, retryAfter: nil, settings)
        #expect(schedule.nextAt == now + 5000)
    }

    @Test(
        "it is no sooner than the provider asks, but for five minutes at most",
        arguments: [(0, 5000), (4999, 5000), (5001, 5001), (300_000, 300_000), (3_600_000, 300_000)])
    func retryAfter(milliseconds: Int, expected: Int) {
        var schedule = ProbeSchedule()
        schedule.failed(at: 0, retryAfter: milliseconds, settings)
        #expect(schedule.nextAt == expected)
    }

    @Test("a real success replaces the next probe")
    func liveSuccess() {
        var schedule = ProbeSchedule()
        schedule.succeeded(at: 0, random: 0.5, settings)
        for now in stride(from: 50_000, to: 1_000_000, by: 50_000) {
            #expect(schedule.nextAt.map { $0 > now } == true)
            schedule.succeeded(at: now, random: 0.5, settings)
        }
    }

    @Test("a live failure brings the probe forward, but never behind or through a back-off")
    func hasten() {
        var schedule = ProbeSchedule()
        schedule.succeeded(at: 0, random: 0.5, settings)
        schedule.hasten(at: 10_000, settings)
        #expect(schedule.nextAt == 15_000)
        schedule.hasten(at: 12_000, settings)
        #expect(schedule.nextAt == 15_000)
        for _ in 0..<4 { schedule.failed(at: 15_000, retryAfter: nil, settings) }
        schedule.hasten(at: 16_000, settings)
        #expect(schedule.nextAt == 55_000)
    }
}
