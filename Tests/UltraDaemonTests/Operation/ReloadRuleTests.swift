import Logging
import Testing
import UltraAPI
import UltraProviders
import UltraSystem

@testable import UltraDaemon

@Suite("Reload: kept state and reported changes")
struct ReloadRuleTests {
    private static func configuration(_ environment: [String: String] = [:]) throws -> Configuration {
        try Configuration.load(ConfigurationOptions(socket: "/s", version: "1"), environment: environment)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout Configuration) -> Void
    }

    @Test(
        "each changed setting is reported by its key",
        arguments: [
            Change(testDescription: "daemon.log_level") { $0.logLevel = .error },
            Change(testDescription: "daemon.admin_group") { $0.adminGroup = nil },
            Change(testDescription: "limits.connections") { $0.limits.connections = 5 },
            Change(testDescription: "timeouts.idle") { $0.timeouts.idle = .seconds(5) },
            Change(testDescription: "retry.max_pause") { $0.retry.maxPause = .seconds(5) },
            Change(testDescription: "health.deep_probe_interval") { $0.health.deepProbeInterval = .seconds(100) },
            Change(testDescription: "routing.fallback") { $0.routing.fallback = ["a/b"] },
            Change(testDescription: "routes.fast") { $0.routing.routes["fast"] = .init(models: ["a/b"]) },
            Change(testDescription: #"models."a/b""#) { $0.models["a/b"] = ModelSettings() },
            Change(testDescription: "providers.openai") {
                $0.providerSettings["openai", default: .init()].tags = ["t"]
            },
            Change(testDescription: "budgets") { $0.budgets = [BudgetSettings()] },
        ])
    func keys(row: Change) throws {
        let old = try Self.configuration()
        var new = old
        row.change(&new)
        #expect(ConfigurationChanges(from: old, to: old).keys == [])
        #expect(ConfigurationChanges(from: old, to: new).keys == [row.testDescription])
        #expect(ConfigurationChanges(from: new, to: old).keys == [row.testDescription])
        #expect(ConfigurationChanges(from: old, to: new).warnings == [])
        #expect(new.keepingFixed(of: old) == new)
    }

    @Test("a changed key or endpoint is reported for its provider only")
    func providers() throws {
        let base = ["OPENAI_API_KEY": "a", "MISTRAL_API_KEY": "m"]
        let old = try Self.configuration(base)
        for change in [
            ["OPENAI_API_KEY": "b"], ["OPENAI_API_KEY": "a,b"], ["OPENAI_API_ENDPOINT": "https://x.example.com"],
            ["OPENAI_ORG_ID": "org"], ["MAX_CONCURRENT_OPENAI": "3"],
        ] {
            let new = try Self.configuration(base.merging(change) { $1 })
            #expect(ConfigurationChanges(from: old, to: new).keys == ["providers.openai"], "\(change)")
        }
        let mock = ConfigurationChanges(from: old, to: try Self.configuration(base.merging(["USE_MOCK": "1"]) { $1 }))
        #expect(mock.added == ["mock"] && mock.removed == [] && mock.keys == ["providers.mock"])
    }

    @Test("a setting that needs a restart keeps its value and gives a warning")
    func fixed() throws {
        let old = try Self.configuration(["STATE_DIRECTORY": "/a"])
        var new = old
        new.socketPath = "/other"
        new.stateDirectory = nil
        new.transport.httpsProxy = "http://proxy"
        new.limits.upstreamIdle = .seconds(5)
        new.cache.ttl = .seconds(5)
        new.ledger.retention = .zero
        let changes = ConfigurationChanges(from: old, to: new)
        #expect(changes.keys == [])
        #expect(changes.warnings.count == 6)
        #expect(changes.warnings[0].contains("the socket stays /s") && changes.warnings[1].contains("stays /a"))
        #expect(new.keepingFixed(of: old) == old)
    }

    struct Keys: Sendable {
        let old: String
        let new: String
        let origins: [Int?]
    }

    @Test(
        "keys are known by what they are, wherever they stand",
        arguments: [
            Keys(old: "a,b", new: "b,a", origins: [1, 0]), Keys(old: "a,b", new: "b", origins: [1]),
            Keys(old: "a", new: "x,a", origins: [nil, 0]), Keys(old: "a", new: "b", origins: [nil]),
        ])
    func origins(row: Keys) throws {
        let (old, new) = (try Self.openAI(row.old), try Self.openAI(row.new))
        #expect(new.isSameHost(as: old) && new != old)
        #expect(new.origins(in: old) == row.origins)
        #expect(try Self.openAI(row.old) == old)
    }

    private static func openAI(_ keys: String) throws -> ProviderIdentity {
        let providers = try configuration(["OPENAI_API_KEY": keys]).providers
        return ProviderIdentity(try #require(providers.first { $0.id == "openai" }))
    }

    @Test("evidence about a key is removed with the key; evidence about the host stays")
    func moved() {
        let now = 1_700_000_000_000
        var old = ProviderHealth(keys: 2)
        old.reachable = Evidence(true, at: now, by: .live)
        old.keys[0].refused(at: now, by: .live)
        old.keys[1].start(CoolDown(.quota, since: now, until: now + 5, isRequested: true))
        let new = ProviderHealth(succeeding: old, keys: [1, nil, 0])
        #expect(new.keys == [old.keys[1], KeyHealth(), old.keys[0]])
        #expect(new.reachable == old.reachable)
        #expect(ProviderHealth(succeeding: old, keys: []).keys == [KeyHealth()])

        var model = ModelHealth()
        let rests = [7, 8].map { CoolDown(.rate, since: now, until: now + $0, isRequested: true) }
        model.coolDowns = [0: rests[0], 1: rests[1]]
        model.authorised = Evidence(false, at: now, by: .live)
        var moved = model
        moved.moveKeys([1])
        #expect(moved.coolDowns == [0: rests[1]] && moved.authorised == model.authorised)
        moved = model
        moved.moveKeys([nil, 0])
        #expect(moved.coolDowns == [1: rests[0]] && moved.authorised == Evidence())
    }

    @Test("a shorter interval moves the next probe of healthy providers only")
    func schedule() {
        var settings = HealthSettings()
        settings.probeJitterPercent = 0
        var schedule = ProbeSchedule()
        schedule.succeeded(at: 0, random: 0, settings)
        settings.probeInterval = .seconds(10)
        schedule.adopt(settings, at: 5000)
        #expect(schedule.nextAt == 15_000)
        settings.probeInterval = .seconds(600)
        schedule.adopt(settings, at: 5000)
        #expect(schedule.nextAt == 15_000)
        schedule.failed(at: 5000, retryAfter: 900_000, settings)
        schedule.adopt(settings, at: 5000)
        #expect(schedule.nextAt == 305_000)
    }
}
