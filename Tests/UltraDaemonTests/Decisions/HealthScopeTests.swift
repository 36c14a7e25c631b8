import Testing
import UltraAPI

@testable import UltraDaemon

/// One provider with keys and models, updated as by the registry. Times are milliseconds since 1970.
struct HealthScopeTests {
    private static let start = 1_700_000_000_000

    /// A provider and models whose health records outcomes as `Registry.record` does.
    struct World: Sendable {
        let settings = HealthSettings()
        var provider: ProviderHealth
        var models: [ModelHealth]
        var now = HealthScopeTests.start

        init(keys: Int = 1, models: Int = 2) {
            provider = ProviderHealth(keys: keys)
            self.models = Array(repeating: ModelHealth(), count: models)
        }

        mutating func live(_ error: UltraError?, model: Int = 0, key: Int = 0, isOwnTimeout: Bool = false) {
            let scope = FailureScope(error, isOwnTimeout: isOwnTimeout)
            let failure = scope.isRecorded ? error.map { Failure($0, prompt: nil, at: now) } : nil
            provider.record(scope, error, keeping: failure, key: key, askedAt: now, at: now, by: .live, settings)
            models[model].record(scope, error, keeping: failure, key: key, askedAt: now, at: now, settings)
        }

        mutating func probe(_ error: UltraError?, key: Int = 0) {
            provider.record(FailureScope(error), error, key: key, at: now, by: .probe, settings)
        }

        var host: Availability { provider.availability(at: now, settings) }
        func state(_ model: Int = 0) -> Availability {
            provider.availability(of: models[model], at: now, settings)
        }
    }

    private static func error(_ code: ErrorCode, _ status: Int?, after: Int? = nil) -> UltraError {
        UltraError(code, "", status: status, retryAfterMilliseconds: after)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let error: UltraError
        let host: Availability
        let model: Availability
        let other: Availability
        var isOwnTimeout = false
        var testDescription: String { name }
    }

    @Test(
        "a hundred failures in a row change the scope they belong to, and no other",
        arguments: [
            Case(
                name: "500", error: error(.upstreamError, 500), host: .available, model: .unavailable,
                other: .available),
            Case(
                name: "truncated", error: error(.streamTruncated, 200), host: .available, model: .unavailable,
                other: .available),
            Case(
                name: "404", error: error(.modelNotFound, 404), host: .available, model: .unavailable,
                other: .available),
            Case(
                name: "403", error: error(.permissionDenied, 403), host: .available, model: .unauthorized,
                other: .available),
            Case(
                name: "429", error: error(.rateLimited, 429, after: 5000), host: .available, model: .rateLimited,
                other: .available),
            Case(
                name: "429 without a time", error: error(.rateLimited, 429), host: .available, model: .available,
                other: .available),
            Case(
                name: "quota", error: error(.quotaExceeded, 429), host: .quotaExceeded, model: .quotaExceeded,
                other: .quotaExceeded),
            Case(
                name: "401", error: error(.authentication, 401), host: .unauthorized, model: .unauthorized,
                other: .unauthorized),
            Case(
                name: "no connection", error: error(.connectFailed, nil), host: .unavailable, model: .unavailable,
                other: .unavailable),
            Case(
                name: "cancelled", error: error(.cancelled, nil), host: .available, model: .available,
                other: .available),
            Case(
                name: "bad request", error: error(.badRequest, 400), host: .available, model: .available,
                other: .available),
            Case(
                name: "the client's own timer", error: UltraError(.timeout, "", timeout: .firstToken),
                host: .available, model: .available, other: .available, isOwnTimeout: true),
        ])
    func scopes(_ row: Case) {
        var world = World()
        world.live(nil, model: 0)
        world.live(nil, model: 1)
        for _ in 0..<100 { world.live(row.error, isOwnTimeout: row.isOwnTimeout) }
        #expect(world.host == row.host)
        #expect(world.state(0) == row.model)
        #expect(world.state(1) == row.other)
    }

    @Test("a refused key affects neither the host nor the other keys")
    func refusedKey() {
        var world = World(keys: 3)
        world.live(Self.error(.authentication, 401), key: 1)
        #expect(world.provider.reachable.holds == true)
        #expect(world.host == .available)
        #expect(world.provider.breaker == World().provider.breaker || world.provider.breaker.openUntil == nil)
        let taken = (0..<6).map { _ in world.provider.nextKey(for: &world.models[0], at: world.now) }
        #expect(taken == [0, 2, 0, 2, 0, 2])
    }

    @Test("keys take turns, and a key in cool-down for one model serves the others")
    func rotation() {
        var world = World(keys: 2)
        world.live(Self.error(.rateLimited, 429, after: 1000), model: 0, key: 0)
        let first = (0..<4).map { _ in world.provider.nextKey(for: &world.models[0], at: world.now) }
        #expect(first == [1, 1, 1, 1])
        let second = (0..<4).map { _ in world.provider.nextKey(for: &world.models[1], at: world.now) }
        #expect(second.sorted { ($0 ?? -1) < ($1 ?? -1) } == [0, 0, 1, 1])
        #expect(world.state(0) == .available)
        world.live(Self.error(.rateLimited, 429, after: 3000), model: 0, key: 1)
        #expect(world.provider.nextKey(for: &world.models[0], at: world.now) == nil)
        #expect(world.provider.coolDownEnd(for: world.models[0], at: world.now) == world.now + 1000)
        #expect(world.state(0) == .rateLimited)
        world.now += 1000
        #expect(world.state(0) != .rateLimited)
    }

    @Test("a key without permission for a model is tried again later, since permissions change")
    func forbidden() {
        var world = World(keys: 2)
        world.live(Self.error(.permissionDenied, 403), key: 0)
        #expect(world.state().isUsable)
        #expect(world.provider.nextKey(for: &world.models[0], at: world.now) == 1)
        world.live(Self.error(.permissionDenied, 403), key: 1)
        #expect(world.state() == .unauthorized)
        #expect(world.state(1).isUsable)
        world.now += ModelHealth.forbiddenCoolDownMilliseconds
        #expect(world.state().isUsable)
        world.live(nil)
        #expect(world.state() == .available)
    }

    @Test("a model that a 404 removed is tried again after one minute, then two, up to ten; a list's word stays")
    func missing() {
        var world = World()
        world.live(nil)
        for minutes in [1, 2, 4, 8, 10, 10] {
            world.live(Self.error(.modelNotFound, 404))
            world.now += minutes * 60_000 - 1
            #expect(world.state() == .unavailable)
            world.now += 1
            #expect(world.state().isUsable)
        }
        world.live(nil)
        world.live(Self.error(.modelNotFound, 404))
        world.now += 60_000
        #expect(world.state().isUsable)
        world.models[0].listed = Evidence(false, at: world.now, by: .probe)
        world.now += 86_400_000
        #expect(world.state() == .unavailable)
    }

    @Test("every key is probed in turn, also after a refused one")
    func probedKeys() {
        var world = World(keys: 3)
        world.probe(Self.error(.authentication, 401), key: 0)
        var seen: [[Int]] = []
        for _ in 0..<4 {
            let keys = world.provider.keysToProbe
            seen.append(keys)
            for key in keys {
                world.now += 1
                world.probe(key == 0 ? Self.error(.authentication, 401) : nil, key: key)
            }
            world.now += 60_000
        }
        #expect(seen == [[0, 1], [0, 2], [0, 1], [0, 2]])
        world.probe(nil, key: 0)
        #expect(world.provider.keys[0].isReady(at: world.now))
    }

    @Test("a probe that fails because of the model, or is cancelled, does not open the host's breaker")
    func probes() {
        var world = World()
        world.probe(nil)
        for _ in 0..<20 { world.probe(Self.error(.upstreamError, 500)) }
        for _ in 0..<20 { world.probe(UltraError(.timeout, "", timeout: .firstToken)) }
        #expect(world.host == .available)
        for _ in 0..<5 { world.probe(Self.error(.connectFailed, nil)) }
        #expect(world.host == .unavailable)
        world.probe(nil)
        #expect(world.host == .available)
    }

    /// Outcomes of connections: upper case for requests, lower case for probes; `F` failed, `S` was answered.
    struct Contact: Sendable, CustomTestStringConvertible {
        let events: String
        let state: Availability
        /// nil: unknown.
        let isReachable: Bool?
        var testDescription: String { events.isEmpty ? "nothing" : events }
    }

    @Test(
        "one lost connection changes no state; two in a row are doubt; a probe, or the breaker, is proof",
        arguments: [
            Contact(events: "", state: .unknown, isReachable: nil),
            Contact(events: "s", state: .available, isReachable: true),
            Contact(events: "F", state: .unknown, isReachable: nil),
            Contact(events: "sF", state: .available, isReachable: true),
            Contact(events: "sFSFSFSF", state: .available, isReachable: true),
            Contact(events: "sFF", state: .degraded, isReachable: false),
            Contact(events: "FF", state: .degraded, isReachable: false),
            Contact(events: "sFFS", state: .available, isReachable: true),
            Contact(events: "sFFs", state: .available, isReachable: true),
            Contact(events: "sFFFF", state: .degraded, isReachable: false),
            Contact(events: "sFFFFF", state: .unavailable, isReachable: false),
            Contact(events: "f", state: .unavailable, isReachable: false),
            Contact(events: "sf", state: .unavailable, isReachable: false),
            Contact(events: "sFf", state: .unavailable, isReachable: false),
            Contact(events: "sfF", state: .unavailable, isReachable: false),
            Contact(events: "sfFF", state: .unavailable, isReachable: false),
            Contact(events: "sfS", state: .available, isReachable: true),
            Contact(events: "sfSF", state: .available, isReachable: true),
        ])
    func contacts(_ row: Contact) {
        var world = World()
        let lost = Self.error(.connectFailed, nil)
        for event in row.events {
            switch event {
            case "F": world.live(lost)
            case "S": world.live(nil)
            case "f": world.probe(lost)
            default: world.probe(nil)
            }
        }
        #expect(world.host == row.state)
        #expect(world.state(1) == row.state)
        #expect(world.provider.reachable.holds == row.isReachable)
    }

    @Test("after the pause, the failures that opened the breaker count as doubt again")
    func pauseOver() {
        var world = World()
        for _ in 0..<5 { world.live(Self.error(.connectFailed, nil)) }
        #expect(world.state() == .unavailable)
        world.now += 10_000
        #expect(world.state() == .degraded)
        world.live(nil)
        #expect(world.state() == .available)
    }

    @Test("a model that fails now and then is degraded until it succeeds, or for five minutes")
    func degraded() {
        var world = World()
        world.live(nil)
        world.live(Self.error(.upstreamError, 500))
        #expect(world.state() == .degraded)
        world.now += ModelHealth.degradedMilliseconds
        #expect(world.state() == .available)
        world.live(Self.error(.upstreamError, 500))
        #expect(world.state() == .degraded)
        world.live(nil)
        #expect(world.state() == .available)
    }

    @Test("without any evidence: unknown, and usable")
    func unknown() {
        let world = World(keys: 0)
        #expect(world.provider.keys.count == 1)
        #expect(world.host == .unknown)
        #expect(world.state() == .unknown)
        #expect(world.state().isUsable)
    }
}
