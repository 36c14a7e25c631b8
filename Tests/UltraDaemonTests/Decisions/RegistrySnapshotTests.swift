import Testing
import UltraAPI
import UltraProviders
import UltraSystem

@testable import UltraDaemon

struct RegistrySnapshotTests {
    private static let now = 1_700_000_000_000

    /// A snapshot in which every stored value is different.
    private static var full: RegistrySnapshot {
        var listed = DiscoveredModel(id: "gpt-4o")
        listed.displayName = "GPT \"4o\" é"
        listed.aliases = ["four", "vier"]
        listed.kind = .chat
        listed.capabilities = [.chat, .jsonSchema, .tools]
        listed.contextWindow = 128_000
        listed.maxOutputTokens = 16_384
        listed.retiresOn = "2027-01-01"
        var model = RegistrySnapshot.KeptModel(name: "gpt-4o", discovered: listed)
        model.health.listed = Evidence(true, at: now - 1, by: .probe)
        model.health.generated = Evidence(false, at: now - 2, by: .live)
        model.health.authorised = Evidence(true, at: now - 3, by: .live)
        model.health.breaker = Breaker(consecutiveFailures: 6, openUntil: now + 20_000, pauseMilliseconds: 40_000)
        model.health.lastFailure = Failure(
            code: .overloaded, status: 529, providerCode: "busy", words: "no\n", at: now - 4)
        model.health.coolDowns = [
            0: CoolDown(.rate, since: now, until: now + 1000, isRequested: true),
            1: CoolDown(.permission, since: now, until: now + 3_600_000, isRequested: false),
        ]
        model.health.isLoading = true
        model.health.latency.record(123.5)
        var provider = RegistrySnapshot.KeptProvider(id: "openai")
        provider.reachable = Evidence(true, at: now - 5, by: .live)
        provider.breaker = Breaker(consecutiveFailures: 1, openUntil: nil, pauseMilliseconds: 0)
        provider.lastFailure = Failure(code: .connectFailed, words: "no route", at: now - 6)
        var resting = KeyHealth()
        resting.start(CoolDown(.quota, since: now, until: now + 300_000, isRequested: true))
        var refused = KeyHealth()
        refused.refused(at: now - 7, by: .probe)
        provider.keys = [resting, refused]
        provider.models = [model, RegistrySnapshot.KeptModel(name: "unlisted")]
        var snapshot = RegistrySnapshot()
        snapshot.savedAt = now
        snapshot.probeSpend = 1234
        snapshot.providers = [provider, RegistrySnapshot.KeptProvider(id: "gone")]
        return snapshot
    }

    @Loop
    private static func registry() throws -> Registry {
        let configuration = try Configuration.load(
            ConfigurationOptions(socket: "/tmp/unused.sock", version: "0"),
            environment: ["OPENAI_API_KEY": "sk-a,sk-b", "USE_MOCK": "true"])
        return Registry(configuration)
    }

    @Test("a written snapshot is read back completely")
    func roundTrip() throws {
        #expect(try RegistrySnapshot(Self.full.bytes, at: Self.now) == Self.full)
        #expect(try RegistrySnapshot(RegistrySnapshot().bytes, at: Self.now) == RegistrySnapshot())
    }

    @Test("the state survives a restart: breakers, rests, refusals, figures, facts")
    func restart() async throws {
        try await LoopThread.run { () -> Result<Void, any Error> in
            Result {
                let registry = try Self.registry()
                Self.full.restore(into: registry, at: Self.now)
                let again = RegistrySnapshot(registry, at: Self.now)
                let kept = try #require(again.providers.first { $0.id == "openai" })
                let provider = try #require(registry.provider("openai"))
                let model = try #require(provider.model("gpt-4o"))
                #expect(kept == Self.full.providers[0])
                #expect(!again.providers.contains { $0.id == "gone" || $0.id == "mock" })
                #expect(provider.availability(of: model, at: Self.now) == .quotaExceeded)
                #expect(provider.availability(of: model, at: Self.now + 300_001) == .loading)
                #expect(model.aliases == ["four", "vier"])
                #expect(model.capabilities == [.chat, .jsonSchema, .tools])
            }
        }.get()
    }

    @Test("another number of keys means others: nothing that was seen of them holds")
    func otherKeys() async throws {
        try await LoopThread.run { () -> Result<Void, any Error> in
            Result {
                let registry = try Self.registry()
                var snapshot = Self.full
                snapshot.providers[0].keys.append(KeyHealth())
                snapshot.restore(into: registry, at: Self.now)
                let provider = try #require(registry.provider("openai"))
                #expect(provider.health.keys == [KeyHealth(), KeyHealth()])
                #expect(provider.model("gpt-4o")?.health.coolDowns == [:])
                #expect(provider.model("gpt-4o")?.health.authorised.holds == nil)
            }
        }.get()
    }

    @Test("a file cut off at any byte is refused whole")
    func truncated() {
        let bytes = Self.full.bytes
        for length in 0..<bytes.count {
            #expect(throws: JSONError.self) { try RegistrySnapshot(Array(bytes[..<length]), at: Self.now) }
        }
    }

    @Test("a file with any byte changed is refused, or read and used without a trap", arguments: 1...4)
    func damaged(seed: Int) async throws {
        try await LoopThread.run { () -> Result<Void, any Error> in
            Result {
                var random = SplitMix(seed: UInt64(seed))
                let bytes = Self.full.bytes
                var refusals = 0
                for index in bytes.indices {
                    var damaged = bytes
                    damaged[index] = seed == 1 ? UInt8(ascii: "9") : UInt8.random(in: 0...255, using: &random)
                    guard let snapshot = try? RegistrySnapshot(damaged, at: Self.now) else {
                        refusals += 1
                        continue
                    }
                    let registry = try Self.registry()
                    snapshot.restore(into: registry, at: Self.now)
                    Self.use(registry)
                }
                #expect(refusals > bytes.count / 20)
            }
        }.get()
    }

    /// The restored values that matter.
    @Loop
    private static func use(_ registry: Registry) {
        for provider in registry.providers {
            for model in provider.models {
                _ = provider.availability(of: model, at: now)
                _ = provider.health.coolDownEnd(for: model.health, at: now)
                _ = provider.health.nextKey(for: &model.health, at: now)
                _ = Timestamp(seconds: (model.health.listed.at ?? 0) / 1000).text
                let candidate = registry.candidate(provider, model)
                registry.record(nil, of: candidate, key: 0, firstToken: 1)
                registry.record(
                    UltraError(.upstreamError, "", status: 500), of: candidate, key: provider.health.keys.count - 1)
            }
        }
        _ = RegistrySnapshot(registry, at: now).bytes
    }

    private static let huge = Int.max

    @Test(
        "a file that is wrong anywhere changes nothing, not even what comes before",
        arguments: [
            "", "null", "[]", "7", "\u{FEFF}{}", #"{"providers":{}}"#, #"{"providers":[5]}"#,
            #"{"providers":[{"id":"openai","reachable":{"ok":false,"at":5,"by":"live"}},5]}"#,
            #"{"providers":[{"id":"openai","keys":[{"authorised":{"ok":false,"at":5,"by":"live"}},{}]}]} x"#,
            #"{"providers":[{"id":"openai","models":[{"name":"a","discovered":{}},{"name":7}]}]}"#,
            #"{"providers":[{"id":"openai","models":[{"name":"a","latency":1e999}]}]}"#,
            #"{"providers":[{"id":"openai","models":[{"name":"a","listed":{"ok":true,"at":1e99,"by":"live"}}]}]}"#,
            #"{"providers":[{"id":"openai","breaker":{"open_until":9223372036854775808}}]}"#,
            String(repeating: "[", count: 100_000), #"{"a":"# + String(repeating: "[", count: 100_000),
        ])
    func wrong(text: String) {
        #expect(throws: JSONError.self) { try RegistrySnapshot(Array(text.utf8), at: Self.now) }
    }

    @Test(
        "a value out of range is clamped, or unknown",
        arguments: [
            #"{"id":"openai","reachable":{"ok":true,"at":\#(huge),"by":"live"}}"#,
            #"{"id":"openai","reachable":{"ok":false,"at":\#(Int.min),"by":"live"}}"#,
            #"{"id":"openai","reachable":{"ok":false,"at":1,"by":"somebody"}}"#,
            #"{"id":"openai","breaker":{"failures":\#(huge),"open_until":\#(huge),"pause":\#(huge)}}"#,
            #"{"id":"openai","breaker":{"failures":\#(Int.min),"open_until":\#(Int.min),"pause":\#(Int.min)}}"#,
            #"{"id":"openai","keys":[{"rests_until":\#(huge)},{"rests_until":\#(Int.min)}]}"#,
            #"{"id":"openai","models":[{"name":"a","rests":[{"key":\#(huge),"until":\#(huge)},{"until":5}]}]}"#,
            #"{"id":"openai","models":[{"name":"a","latency":-5},{"name":"b","latency":1e300},{"name":""}]}"#,
            #"{"id":"openai","models":[{"name":"a","failure":{"code":"nonsense","message":"x","at":\#(huge)}}]}"#,
            #"{"id":"openai","models":[{"name":"a","failure":{"code":"timeout","message":"x","at":\#(Int.min)}}]}"#,
            #"{"id":"openai","models":[{"name":"a","discovered":{"context":\#(Int.min),"output":-1,"kind":"?"}}]}"#,
            #"{"id":"openai","models":[{"name":"a","discovered":{"capabilities":["chat","flight"]}}]}"#,
            #"{"id":"mock","keys":[],"models":[{"name":"intruder"}]}"#, #"{"id":"nobody"}"#, "{}",
            #"{"models":[{"name":"a"}],"id":"openai","id":"openai","new":[{"x":[null]}]}"#,
        ])
    func outOfRange(provider: String) async throws {
        try await LoopThread.run { () -> Result<Void, any Error> in
            Result {
                let text = #"{"version":2,"providers":[\#(provider)],"more":{}}"#
                let registry = try Self.registry()
                try RegistrySnapshot(Array(text.utf8), at: Self.now).restore(into: registry, at: Self.now)
                let state = try #require(registry.provider("openai"))
                #expect(state.health.reachable.at.map { (0...Self.now).contains($0) } ?? true)
                #expect(state.health.breaker.openUntil.map { $0 <= Self.now + 86_400_000 } ?? true)
                #expect(registry.provider("mock")?.model("intruder") == nil)
                Self.use(registry)
            }
        }.get()
    }
}
