import Testing
import UltraAPI

@testable import UltraDaemon

/// The longest wait that a provider can cause, and events that end it earlier. Times are milliseconds.
struct WaitTests {
    private static let start = 1_700_000_000_000
    private static let minute = 60_000
    private let settings = HealthSettings()

    private func refused(_ code: ErrorCode, after milliseconds: Int?) -> (ProviderHealth, ModelHealth) {
        let error = UltraError(code, "", status: 429, retryAfterMilliseconds: milliseconds)
        var (provider, model) = (ProviderHealth(keys: 1), ModelHealth())
        provider.record(FailureScope(error), error, key: 0, askedAt: Self.start, at: Self.start, by: .live, settings)
        model.record(FailureScope(error), error, key: 0, askedAt: Self.start, at: Self.start, settings)
        return (provider, model)
    }

    @Test(
        "no wait is longer than max_rest, whatever is asked for",
        arguments: [(1000, 1000), (3_600_000, 3_600_000), (86_400_000, 3_600_000), (Int.max, 3_600_000), (-5, 0)])
    func longest(asked: Int, obeyed: Int) {
        for code in [ErrorCode.rateLimited, .quotaExceeded] {
            let (provider, model) = refused(code, after: asked)
            let end = provider.coolDownEnd(for: model, at: Self.start)
            #expect(end == (obeyed == 0 ? nil : Self.start + obeyed), "\(code)")
        }
    }

    @Test("every five minutes of it one request may find out", arguments: [ErrorCode.rateLimited, .quotaExceeded])
    func trials(code: ErrorCode) {
        var (provider, model) = refused(code, after: 3_600_000)
        var asked: [Int] = []
        for minute in 0..<60 {
            let now = Self.start + minute * Self.minute
            #expect(!provider.availability(of: model, at: now, settings).isUsable)
            while provider.nextKey(for: &model, at: now) != nil { asked.append(minute) }
        }
        #expect(asked == [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55])
        #expect(provider.availability(of: model, at: Self.start + 60 * Self.minute, settings).isUsable)
    }

    @Test("the request that finds out ends it; one that was on its way before does not")
    func success() {
        for (askedAt, ends) in [(Self.start - 1, false), (Self.start + 5 * Self.minute, true)] {
            for code in [ErrorCode.rateLimited, .quotaExceeded] {
                var (provider, model) = refused(code, after: 3_600_000)
                let now = Self.start + 5 * Self.minute
                provider.record(.none, nil, key: 0, askedAt: askedAt, at: now, by: .live, settings)
                model.record(.none, nil, key: 0, askedAt: askedAt, at: now, settings)
                #expect(provider.availability(of: model, at: now, settings).isUsable == ends, "\(code)")
            }
        }
    }

    @Test("a quota without a time gets a guess that any success ends; it is shown as a quota until then")
    func quota() {
        var (provider, model) = refused(.quotaExceeded, after: nil)
        #expect(provider.availability(of: model, at: Self.start + 299_999, settings) == .quotaExceeded)
        #expect(provider.availability(of: model, at: Self.start + 300_000, settings).isUsable)
        provider.record(.none, nil, key: 0, at: Self.start + 1, by: .probe, settings)
        #expect(provider.availability(of: model, at: Self.start + 1, settings).isUsable)
    }

    @Test("a free probe ends what was a guess, and not what the provider asked for")
    func freeProbe() {
        var model = ModelHealth()
        let denied = UltraError(.permissionDenied, "", status: 403)
        model.record(FailureScope(denied), denied, key: 0, at: Self.start, settings)
        model.coolDowns[1] = CoolDown(.rate, since: Self.start, requested: 60_000, settings)
        model.probeSucceeded()
        #expect(!model.isCoolingDown(0, at: Self.start))
        #expect(model.isCoolingDown(1, at: Self.start))
        model.endWaits(at: Self.start)
        #expect(!model.isCoolingDown(1, at: Self.start))
    }

    @Test("a probe asked for by its model ends every wait, and a breaker's pause")
    func onPurpose() {
        var (provider, model) = refused(.quotaExceeded, after: 3_600_000)
        let failed = UltraError(.upstreamError, "", status: 500)
        for _ in 0..<5 { model.record(FailureScope(failed), failed, key: 0, at: Self.start, settings) }
        let missing = UltraError(.modelNotFound, "", status: 404)
        model.record(FailureScope(missing), missing, key: 0, at: Self.start, settings)
        provider.endWaits(at: Self.start)
        model.endWaits(at: Self.start)
        #expect(provider.nextKey(for: &model, at: Self.start) == 0)
        #expect(model.breaker.admit(at: Self.start, settings) == .trial)
        #expect(!model.isNotFound(at: Self.start))
    }

    @Test("a probe waits no longer for a provider than five minutes")
    func probe() {
        var schedule = ProbeSchedule()
        schedule.failed(at: Self.start, retryAfter: 86_400_000, settings)
        #expect(schedule.nextAt == Self.start + 300_000)
    }

    struct Restart: Sendable, CustomTestStringConvertible {
        let name: String
        /// The times at which the file was written and until which it has a key in cool-down, relative to the time of
        /// reading.
        let saved: Int
        let until: Int
        /// The remaining cool-down after reading.
        let left: Int
        var testDescription: String { name }
    }

    @Test(
        "no wait outlives a restart by more than was left of it, however the system's clock was set",
        arguments: [
            Restart(name: "at once", saved: 0, until: 60_000, left: 60_000),
            Restart(name: "a while later", saved: -20_000, until: 40_000, left: 40_000),
            Restart(name: "over", saved: -90_000, until: -30_000, left: 0),
            Restart(name: "the clock was set back a day", saved: 86_400_000, until: 86_460_000, left: 60_000),
            Restart(name: "the clock was set forward a day", saved: -86_400_000, until: -86_340_000, left: 0),
            Restart(name: "nonsense", saved: .max, until: .max, left: 86_400_000),
        ])
    func restart(_ row: Restart) throws {
        func time(_ offset: Int) -> Int { offset == .max ? .max : Self.start + offset }
        for rest in [#""rest":{"reason":"quota","until":\#(time(row.until))}"#, #""rests_until":\#(time(row.until))"#] {
            let text = #"{"saved_at":\#(time(row.saved)),"providers":[{"id":"a","keys":[{\#(rest)}]}]}"#
            let snapshot = try RegistrySnapshot(Array(text.utf8), at: Self.start)
            let key = try #require(snapshot.providers.first?.keys.first)
            #expect(max(0, (key.coolDown?.until ?? 0) - Self.start) == row.left, "\(rest)")
        }
    }
}
