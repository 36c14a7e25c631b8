import Logging
import Testing
import UltraProviders

@testable import UltraDaemon

@Suite("Keys of the configuration file")
struct KeyTests {
    struct Accepted: Sendable, CustomTestStringConvertible {
        let toml: String
        let holds: @Sendable (Configuration) -> Bool
        var testDescription: String { toml }

        init(_ toml: String, _ holds: @escaping @Sendable (Configuration) -> Bool) {
            self.toml = toml
            self.holds = holds
        }
    }

    @Test(
        "is read",
        arguments: [
            Accepted("daemon.socket = \"/run/x.sock\"") { $0.socketPath == "/run/x.sock" },
            Accepted("daemon.log_level = \"debug\"") { $0.logLevel == .debug },
            Accepted("daemon.state_directory = \"/s\"") { $0.stateDirectory == "/s" },
            Accepted("[limits]\nframe_bytes = \"1MiB\"") { $0.limits.frameBytes == 1 << 20 },
            Accepted("[limits]\nframe_bytes = 1000000") { $0.limits.frameBytes == 1_000_000 },
            Accepted("[limits]\nframe_bytes = \"1.5 MB\"") { $0.limits.frameBytes == 1_500_000 },
            Accepted("[limits]\ndrain = 0") { $0.limits.drain == .zero },
            Accepted("[timeouts]\nidle = \"5m\"") { $0.timeouts.idle == .seconds(300) },
            Accepted("[timeouts]\nidle = 1.5") { $0.timeouts.idle == .milliseconds(1500) },
            Accepted("[timeouts]\nidle = \"500ms\"\nqueue = \"0.5h\"") {
                $0.timeouts.idle == .milliseconds(500) && $0.timeouts.queue == .seconds(1800)
            },
            Accepted("[retry]\nper_candidate = 0") { $0.retry.perCandidate == 0 },
            Accepted("[health]\ndeep_probe_interval = \"1h\"") { $0.health.deepProbeInterval == .seconds(3600) },
            Accepted("[health]\ndeep_probe_interval = \"none\"") { $0.health.deepProbeInterval == nil },
            Accepted("[health]\ndeep_probe_usd_per_day = 0.25") { $0.health.deepProbeMicroUSDPerDay == 250_000 },
            Accepted("[routing]\nstrategy = \"cheapest\"") { $0.routing.strategy == .cheapest },
            Accepted("[routing]\nfallback = [\"mock/echo\", \"some-alias\"]") {
                $0.routing.fallback == ["mock/echo", "some-alias"]
            },
            Accepted("[routes.\"a.b\"]\nmodels = [\"openai/x\"]\nstrategy = \"fastest\"") {
                $0.routing.routes == ["a.b": .init(models: ["openai/x"], strategy: .fastest)]
            },
            Accepted("[routes.r]\nmodels = [\"openai/x\"]\n[routing]\nstrategy = \"ordered\"") {
                $0.routing.routes["r"]?.strategy == .ordered && $0.routing.strategy == .ordered
            },
            Accepted("[models.\"openai/x\"]\nweight = 2\nenabled = false\nkind = \"embeddings\"") {
                let model = $0.models["openai/x"]
                return model?.weight == 2 && model?.isEnabled == false && model?.kind == .embeddings
            },
            Accepted("[models.\"openai/x\"]\ncapabilities = [\"chat\", \"json_schema\"]\ntags = [\"t\"]") {
                $0.models["openai/x"]?.capabilities == [.chat, .jsonSchema] && $0.models["openai/x"]?.tags == ["t"]
            },
            Accepted("[models.\"openai/x\"]\nprice = {input = 2, cached_input = 0.5, cache_write = 2.5, output = 8}") {
                $0.models["openai/x"]?.price == Price(input: 2, cachedInput: 0.5, cacheWrite: 2.5, output: 8)
            },
            Accepted("[models.\"openai/x\"]\n[models.\"openai/x\".price]\ninput = 2\noutput = 8") {
                $0.models["openai/x"]?.price == Price(input: 2, output: 8)
            },
            Accepted("[models.\"openai/x\"]\nweight = 1") { $0.models.isEmpty },
            Accepted("[providers.openai]\nprobe = \"none\"\nconcurrency = 3\ntags = [\"cloud\"]\napi = \"chat\"") {
                let openai = $0.providerSettings["openai"]
                return openai?.probe == ProviderSettings.Probe.none && openai?.concurrency == 3
                    && openai?.tags == ["cloud"] && openai?.api == .chat
                    && $0.providers.first { $0.id == "openai" }?.concurrencyLimit == 3
            },
            Accepted("[cache]\nenabled = true\nshared = true\nttl = \"1d\"\nmemory_bytes = 0\ndisk_bytes = \"1GiB\"") {
                $0.cache.isEnabled && $0.cache.isShared && $0.cache.ttl == .seconds(86_400)
                    && $0.cache.memoryBytes == 0 && $0.cache.diskBytes == 1 << 30
            },
            Accepted("[ledger]\nretention = \"30d\"") { $0.ledger.retention == .seconds(30 * 86_400) },
            Accepted("[[budgets]]\nuid = 0\nusd_per_day = 1.5\n[[budgets]]\nprogram = \"curl\"\nat_once = 2") {
                $0.budgets.map(\.microUSDPerDay) == [1_500_000, nil] && $0.budgets.map(\.atOnce) == [nil, 2]
                    && $0.budgets[0].uid == 0 && $0.budgets[1].program == "curl"
            },
        ])
    func accepted(row: Accepted) throws {
        #expect(row.holds(try load(row.toml).get()))
    }

    @Test(
        "is refused with its line",
        arguments: [
            (
                "[limits]\n\nframe_byte = 1",
                "3: limits.frame_byte is not a configuration key; did you mean frame_bytes?"
            ),
            ("[limit]", "1: limit is not a configuration key; did you mean limits?"),
            (
                "[routing.x]",
                "1: routing.x is not a configuration key; the keys of this table are default_model, fallback, strategy, use_local_models_when_offline"
            ),
            ("limits = 3", "1: limits must be a table, not 3"),
            (
                "[limits]\nframe_bytes = \"5 bananas\"",
                "2: limits.frame_bytes must be a size from 64KiB to 256MiB, such as \"16MiB\", not \"5 bananas\""
            ),
            (
                "[limits]\nframe_bytes = 1",
                "2: limits.frame_bytes must be a size from 64KiB to 256MiB, such as \"16MiB\", not 1"
            ),
            ("[limits]\nconnections = 0", "2: limits.connections must be a whole number from 1 to 1000000, not 0"),
            ("[limits]\nconnections = 1.5", "2: limits.connections must be a whole number from 1 to 1000000, not 1.5"),
            (
                "[timeouts]\nidle = -1",
                "2: timeouts.idle must be a duration from 100ms to 1h, such as \"30s\" or \"500ms\", not -1"
            ),
            (
                "[timeouts]\nidle = \"2 fortnights\"",
                "2: timeouts.idle must be a duration from 100ms to 1h, such as \"30s\" or \"500ms\", not \"2 fortnights\""
            ),
            (
                "[timeouts]\nidle = inf",
                "2: timeouts.idle must be a duration from 100ms to 1h, such as \"30s\" or \"500ms\", not inf"
            ),
            ("[cache]\nenabled = \"true\"", "2: cache.enabled must be true or false, not \"true\""),
            (
                "[daemon]\nsocket = \"relative\"",
                "2: daemon.socket must be a path that begins with /, not \"relative\""
            ),
            (
                "[routing]\nstrategy = \"best\"",
                "2: routing.strategy must be one of \"weighted\", \"ordered\", \"fastest\", \"cheapest\", not \"best\""
            ),
            (
                "[routing]\nfallback = [\n\"mock/echo\",\n7]",
                "4: routing.fallback[1] must be a name without blanks, not 7"
            ),
            ("[routing]\nfallback = \"mock/echo\"", "2: routing.fallback must be a list of models, not \"mock/echo\""),
            (
                "[models.\"openai/x\"]\nweight = nan",
                "2: models.\"openai/x\".weight must be a number from 0 to 1000000, not nan"
            ),
            ("[models.\"openai/x\"]\nprice = {input = 1}", "2: models.\"openai/x\".price needs both input and output"),
            (
                "[models.\"openai/x\"]\nprice = {iput = 1, output = 1, input = 1}",
                "2: models.\"openai/x\".price.iput is not a configuration key; did you mean input?"
            ),
            (
                "[models.\"openai/x\"]\ncapabilities = [\"sing\"]",
                "2: models.\"openai/x\".capabilities[0] must be one of \"chat\", \"streaming\", \"tools\", \"vision\", \"json\", \"reasoning\", \"embeddings\", \"json_schema\", not \"sing\""
            ),
            ("[routes.r]\nstrategy = \"fastest\"", "1: routes.r needs models = [\"provider/model\", …]"),
            ("[retry]\ninitial_pause = \"30s\"", "2: retry.initial_pause must not be more than max_pause, 20s"),
            (
                "[health]\nprobe_interval = 1979-05-27",
                "2: health.probe_interval must be a duration from 1s to 1d, such as \"30s\" or \"500ms\", not a date"
            ),
            ("[budgets]\nuid = 1", "1: budgets must be tables, each under [[budgets]], not a table"),
            ("[[budgets]]\nuid = 1\nuser = \"x\"\nat_once = 1", "1: budgets[0] names both uid and user: one is enough"),
            (
                "[[budgets]]\nuid = 1",
                "1: budgets[0] limits nothing: set usd_per_day, tokens_per_day, requests_per_minute or at_once"
            ),
        ])
    func refused(toml: String, problem: String) {
        #expect(problems(toml) == ["\(filePath):\(problem)"])
    }

    @Test("every problem is reported at once, in the order of the lines")
    func collected() {
        let found = problems(
            "[limits]\nconnections = 0\nframe = 1\n[cache]\nttl = false\n", ["LOG_LEVEL": "loud", "USE_MOCK": "maybe"])
        #expect(
            found.map { $0.split(separator: " ")[0] } == [
                "\(filePath):2:", "\(filePath):3:", "\(filePath):5:", "USE_MOCK", "LOG_LEVEL",
            ])
    }

    @Test(
        "no key takes a value of a wrong type",
        arguments: ConfigurationFile.keys.flatMap(\.description.leaves).map(\.path))
    func wrongType(path: [String]) {
        let names = path.filter { $0 != "[]" }.map { $0 == "*" ? "\"openai/x\"" : $0 }
        let header = names.dropLast().joined(separator: ".")
        let toml = path.contains("[]") ? "[[\(header)]]" : "[\(header)]"
        let found = problems("\(toml)\n\(path.last ?? "") = 1979-05-27")
        #expect(found.contains { $0.hasPrefix("\(filePath):2: ") && $0.hasSuffix("not a date") }, "\(found)")
    }

    @Test("syntax errors have their line, and other problems are reported too")
    func syntax() {
        let found = problems("[limits]\nframe_bytes = \n", ["LOG_LEVEL": "loud"])
        #expect(found.count == 2)
        #expect(found[0].hasPrefix("\(filePath):2: "), "\(found)")
    }
}
