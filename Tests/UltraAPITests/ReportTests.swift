import Testing
import UltraAPI

/// Reports written as JSON and read back.
@Suite("Reports")
struct ReportTests {
    /// A value and the members it writes, in the order of the protocol.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let expected: String
        /// The bytes of the value, and of the value that is read from `text`.
        let written: @Sendable () -> String
        let rewritten: @Sendable (String) throws -> String
        let isSame: @Sendable (String) throws -> Bool

        init<Value: ReportValue>(_ value: Value, _ expected: String) {
            name = "\(Value.self)"
            self.expected = "{\(expected)}"
            written = { ReportTests.text(value) }
            rewritten = { ReportTests.text(try ReportTests.read($0) as Value) }
            isSame = { try ReportTests.read($0) == value }
        }

        var testDescription: String { name }
    }

    static func text(_ value: some ReportValue) -> String {
        String(decoding: Report(value).json.bytes, as: UTF8.self)
    }

    static func read<Value: ReportValue>(_ text: String) throws -> Value {
        try JSONReader.read(Array(text.utf8)) { (reader) throws(JSONError) in
            let value = try Value(&reader)
            try reader.end()
            return value
        }
    }

    private static func made<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
        var value = value
        change(&value)
        return value
    }

    private static let time = Timestamp(seconds: 1_795_556_173)

    private static let evidence = [
        EvidenceReport(name: "reachable", holds: true, at: time, source: "probe"),
        EvidenceReport(name: "authorised"),
    ]
    private static let evidenceText =
        #""evidence":{"reachable":{"ok":true,"at":"2026-11-24T21:36:13Z","by":"probe"},"#
        + #""authorised":{"ok":null,"at":null,"by":null}}"#

    private static let model = made(ModelReport()) {
        $0.id = "p/m"
        $0.provider = "p"
        $0.name = "m"
        $0.displayName = "M"
        $0.aliases = ["fast"]
        $0.kind = "chat"
        $0.state = "rate_limited"
        $0.stateSince = time
        $0.retryAt = time
        $0.weight = 2
        $0.tags = ["a"]
        $0.capabilities = ["chat", "tools"]
        $0.contextWindow = 128_000
        $0.maxOutputTokens = 4096
        $0.price = made(ModelReport.Price()) {
            $0.input = 2.5
            $0.cacheWrite = 3.75
            $0.output = 10
        }
        $0.retiresOn = "2027-01-01"
        $0.sources.kind = "discovery"
        $0.sources.price = "catalogue"
        $0.evidence = evidence
        $0.latency.firstTokenP50 = 310.5
        $0.failures.consecutive = 3
        $0.failures.last = "timeout"
        $0.failures.lastAt = time
    }
    private static let modelText =
        #""id":"p/m","provider":"p","name":"m","display_name":"M","aliases":["fast"],"kind":"chat","#
        + #""state":"rate_limited","state_since":"2026-11-24T21:36:13Z","retry_at":"2026-11-24T21:36:13Z","#
        + #""weight":2.0,"tags":["a"],"capabilities":["chat","tools"],"context_window":128000,"#
        + #""max_output_tokens":4096,"price":{"input_usd_per_mtok":2.5,"cached_input_usd_per_mtok":null,"#
        + #""cache_write_usd_per_mtok":3.75,"output_usd_per_mtok":10.0},"retires_on":"2027-01-01","#
        + #""source":{"kind":"discovery","price":"catalogue"},"# + evidenceText
        + #","latency_ms":{"first_token_p50":310.5,"first_token_p95":null},"#
        + #""failures":{"consecutive":3,"last":"timeout","last_at":"2026-11-24T21:36:13Z"}"#

    private static let provider = made(ProviderReport(id: "p")) {
        $0.name = "P"
        $0.state = "degraded"
        $0.stateSince = time
        $0.models = 3
        $0.available = 2
        $0.key = "set"
        $0.keyVariables = ["P_KEY"]
        $0.endpoint = "https://p/v1"
        $0.inFlight = 1
        $0.queued = 0
        $0.limit = 8
        $0.evidence = evidence
        $0.lastProbe = made(ProviderReport.Probe()) {
            $0.at = time
            $0.hasPassed = false
            $0.milliseconds = 12.25
            $0.error = "timeout"
        }
        $0.nextProbeAt = time
        $0.lastError = "p is slow"
        $0.notices = ["read this"]
    }
    private static let providerText =
        #""id":"p","name":"P","state":"degraded","state_since":"2026-11-24T21:36:13Z","models":3,"available":2,"#
        + #""key":"set","key_variables":["P_KEY"],"endpoint":"https://p/v1","in_flight":1,"queued":0,"limit":8,"#
        + #""retry_at":null,"# + evidenceText
        + #","last_probe":{"at":"2026-11-24T21:36:13Z","ok":false,"ms":12.25,"error":"timeout"},"#
        + #""next_probe_at":"2026-11-24T21:36:13Z","last_error":"p is slow","notices":["read this"]"#

    private static let status = made(StatusReport()) {
        $0.version = "1.0"
        $0.protocolVersion = 1
        $0.pid = 42
        $0.uptimeMilliseconds = 5000
        $0.state = "running"
        $0.configuration.path = "/etc/u"
        $0.configuration.loadedAt = time
        $0.configuration.warnings = ["odd"]
        $0.providers = [provider]
        $0.connections.open = 3
        $0.connections.byUser = [1000: 2, 9: 1]
        $0.requests.inFlight = 1
        $0.requests.queued = 2
        $0.requests.total = 3
        $0.requests.failed = 4
        $0.pool = [
            made(PoolReport()) {
                $0.host = "h"
                $0.open = 2
                $0.idle = 1
                $0.handshakes = 5
                $0.reused = 9
                $0.httpVersion = "h2"
                $0.resolvedAt = time
            }
        ]
        $0.cache.isEnabled = true
        $0.cache.hits = 1
        $0.cache.misses = 2
        $0.cache.coalesced = 3
        $0.cache.entries = 4
        $0.cache.bytes = 5
        $0.cache.fileEntries = 6
        $0.cache.fileBytes = 7
        $0.cache.savedMicroUSD = 8
        $0.today.requests = 1
        $0.today.inputTokens = 2
        $0.today.outputTokens = 3
        $0.today.costMicroUSD = 1_500_000
        $0.ledger.state = "failing"
        $0.ledger.path = "/l"
        $0.ledger.pending = 1
        $0.ledger.lost = 2
        $0.ledger.error = "full"
        $0.ledger.since = time
        $0.rssBytes = 1024
        $0.watchdog.isEnabled = true
        $0.watchdog.pings = 7
        $0.watchdog.lagMilliseconds = 0.5
        $0.watchdog.longestTurnMilliseconds = 1.5
        $0.memory.heldBytes = 3
        $0.memory.limitBytes = 4
    }
    private static let statusText =
        #""version":"1.0","protocol":1,"pid":42,"uptime_ms":5000,"state":"running","#
        + #""config":{"path":"/etc/u","loaded_at":"2026-11-24T21:36:13Z","warnings":["odd"]},"#
        + #""providers":[{\#(providerText)}],"connections":{"open":3,"by_uid":{"9":1,"1000":2}},"#
        + #""requests":{"in_flight":1,"queued":2,"total":3,"failed":4},"#
        + #""pool":[{"host":"h","open":2,"idle":1,"handshakes":5,"reused":9,"protocol":"h2","#
        + #""resolved_at":"2026-11-24T21:36:13Z"}],"#
        + #""cache":{"enabled":true,"hits":1,"misses":2,"coalesced":3,"entries":4,"bytes":5,"disk_entries":6,"#
        + #""disk_bytes":7,"saved_usd":0.000008},"#
        + #""today":{"requests":1,"input_tokens":2,"output_tokens":3,"cost_usd":1.5},"#
        + #""ledger":{"state":"failing","path":"/l","pending":1,"lost":2,"error":"full","#
        + #""since":"2026-11-24T21:36:13Z"},"probe_spend_today_usd":null,"rss_bytes":1024,"#
        + #""watchdog":{"enabled":true,"pings":7,"lag_ms":0.5,"longest_turn_ms":1.5},"#
        + #""memory":{"held_bytes":3,"limit_bytes":4}"#

    private static let usage = made(UsageReport()) {
        $0.keys = UsageKey.allCases.map(\.rawValue)
        $0.since = time
        $0.until = time
        $0.rows = [
            made(UsageReport.Row()) {
                $0.names.model = "p/m"
                $0.names.uid = 1000
                $0.names.user = "ada"
                $0.names.gid = 7
                $0.names.day = "2026-11-24"
                $0.names.hour = time
                $0.requests = 3
                $0.failed = 1
                $0.inputTokens = 10
                $0.costMicroUSD = 12
                $0.unknownCost = 1
                $0.unknownTokens = 2
                $0.totalP50 = 2140.5
            }
        ]
    }
    private static let usageText =
        #""rows":[{"model":"p/m","provider":null,"uid":1000,"user":"ada","gid":7,"group":null,"program":null,"#
        + #""op":null,"day":"2026-11-24","hour":"2026-11-24T21:36:13Z","tag":null,"outcome":null,"requests":3,"#
        + #""failed":1,"input_tokens":10,"output_tokens":null,"cached_input_tokens":null,"#
        + #""cache_write_tokens":null,"reasoning_tokens":null,"cost_usd":0.000012,"unknown_cost":1,"#
        + #""unknown_tokens":2,"first_token_p50_ms":null,"total_p50_ms":2140.5}],"#
        + #""since":"2026-11-24T21:36:13Z","until":"2026-11-24T21:36:13Z","#
        + #""group_by":["model","provider","user","group","program","op","day","hour","tag","outcome"]"#

    static let cases: [Case] = [
        Case(
            made(ModelList()) {
                $0.models = [model]
                $0.defaultModel = "p/m"
            }, #""models":[{\#(modelText)}],"default":"p/m""#),
        Case(status, statusText),
        Case(usage, usageText),
        Case(
            made(ProbeReport()) {
                $0.results = [
                    made(ProbeReport.Result()) {
                        $0.provider = "p"
                        $0.model = "p/m"
                        $0.state = "unavailable"
                        $0.evidence = evidence
                        $0.milliseconds = 1.5
                        $0.error = made(ProbeReport.Problem()) {
                            $0.code = "timeout"
                            $0.message = "too slow"
                            $0.hint = "wait"
                        }
                    },
                    made(ProbeReport.Result()) { $0.provider = "q" },
                ]
            },
            #""results":[{"provider":"p","model":"p/m","state":"unavailable",\#(evidenceText),"ms":1.5,"#
                + #""error":{"code":"timeout","message":"too slow","hint":"wait"}},{"provider":"q","model":null,"#
                + #""state":"unknown","evidence":{},"ms":null,"error":null}]"#),
        Case(
            made(HelloReport()) {
                $0.protocolVersion = 1
                $0.server = "ultrad/1.0"
                $0.maxFrameBytes = 1024
                $0.operations = ["hello", "ping"]
            }, #""protocol":1,"server":"ultrad/1.0","max_frame_bytes":1024,"ops":["hello","ping"]"#),
        Case(CancelReport(isCancelled: true), #""cancelled":true"#),
        Case(MetricsReport(text: "a 1\n"), #""text":"a 1\n""#),
        Case(CacheClearReport(entries: 2, bytes: 30), #""entries":2,"bytes":30"#),
        Case(
            made(ReloadReport()) {
                $0.loadedAt = time
                $0.changed = ["limits.drain"]
                $0.added = ["p"]
                $0.removed = ["q"]
                $0.warnings = ["odd"]
            },
            #""loaded_at":"2026-11-24T21:36:13Z","changed":["limits.drain"],"added":["p"],"removed":["q"],"#
                + #""warnings":["odd"]"#),
        Case(
            made(HealthEvent()) {
                $0.provider = "p"
                $0.from = "available"
                $0.to = "degraded"
                $0.reason = "timeout"
                $0.evidence = evidence
            },
            #""provider":"p","model":null,"from":"available","to":"degraded","reason":"timeout","# + evidenceText),
        Case(
            made(RegistryEvent()) {
                $0.reason = "reload"
                $0.changed = ["routes"]
                $0.added = ["p"]
            }, #""reason":"reload","changed":["routes"],"added":["p"],"removed":[]"#),
        Case(
            RequestEvent(.began, request: 7, model: "p/m", uid: 1000),
            #""phase":"began","request":7,"model":"p/m","uid":1000"#),
        Case(
            RequestEvent(.ended(error: nil, milliseconds: 1.5), request: 7, model: "p/m", uid: 0),
            #""phase":"ended","request":7,"model":"p/m","uid":0,"error":null,"ms":1.5"#),
        Case(
            RequestEvent(.ended(error: "timeout", milliseconds: 2.5), request: 7, model: "p/m", uid: 0),
            #""phase":"ended","request":7,"model":"p/m","uid":0,"error":"timeout","ms":2.5"#),
        Case(
            made(SnapshotReport()) {
                $0.providers = [provider]
                $0.models = [model]
            }, #""providers":[{\#(providerText)}],"models":[{\#(modelText)}]"#),
    ]

    @Test("a value writes the members of the protocol, and reads as the same value", arguments: cases)
    func roundTrip(row: Case) throws {
        #expect(row.written() == row.expected)
        #expect(try row.isSame(row.expected))
    }

    @Test("members of a later version are skipped, in every object", arguments: cases)
    func later(row: Case) throws {
        let extended = row.expected.replacing("{", with: #"{"later":{"x":[1,{}]},"#).replacing(",}", with: "}")
        // Evidence, tallies of users and the like have names as members, so that an unknown member is another entry.
        let known = extended.replacing(#""evidence":{"later":{"x":[1,{}]},"#, with: #""evidence":{"#)
            .replacing(#""evidence":{"later":{"x":[1,{}]}}"#, with: #""evidence":{}"#)
        #expect(known != row.expected)
        #expect(try row.rewritten(known) == row.expected)
    }

    @Test("an object without members and null are reports without values", arguments: cases)
    func empty(row: Case) throws {
        let text = try row.rewritten("null")
        #expect(try row.rewritten("{}") == text)
        #expect(try row.rewritten(text) == text)
    }

    @Test("a model in a long list has only the members with a value")
    func brief() throws {
        func brief(_ model: ModelReport) -> String {
            String(decoding: RawJSON.object { model.writeBriefly(to: &$0) }.bytes, as: UTF8.self)
        }
        var model = ModelReport()
        model.id = "p/m"
        model.provider = "p"
        model.name = "m"
        model.weight = 1
        model.failures.consecutive = 0
        #expect(brief(model) == #"{"id":"p/m","provider":"p","name":"m","state":"unknown"}"#)
        model.capabilities = []
        model.weight = 2
        model.failures.last = "timeout"
        let text = brief(model)
        #expect(
            text == #"{"id":"p/m","provider":"p","name":"m","state":"unknown","weight":2.0,"capabilities":[],"#
                + #""failures":{"consecutive":0,"last":"timeout"}}"#)
        #expect(try Self.read(text) == model)
    }

    @Test("the frames of a subscription", arguments: [true, false])
    func watch(isTopicFirst: Bool) throws {
        let data = #""data":{"phase":"began","request":7,"model":"p/m","uid":1,"later":1}"#
        let members = isTopicFirst ? [#""topic":"requests""#, data] : [data, #""topic":"requests""#]
        let event = try JSONReader.read(Array("{\"seq\":2,\(members.joined(separator: ","))}".utf8)) {
            (reader) throws(JSONError) in try WatchEvent(&reader)
        }
        #expect(event.content == .requests(RequestEvent(.began, request: 7, model: "p/m", uid: 1)))
        let later = try JSONReader.read(Array(#"{"topic":"later","data":[1]}"#.utf8)) {
            (reader) throws(JSONError) in try WatchEvent(&reader)
        }
        #expect(later.content == .other)
        #expect(later.data == "[1]")
    }

    @Test(
        "a time is RFC 3339 in UTC", arguments: [(0, "1970-01-01T00:00:00Z"), (1_795_556_173, "2026-11-24T21:36:13Z")])
    func time(seconds: Int, text: String) {
        #expect(Timestamp(seconds: seconds).text == text)
        #expect(Timestamp(text) == Timestamp(seconds: seconds))
        #expect(Timestamp(seconds: seconds).date == text.prefix(10))
    }
}
