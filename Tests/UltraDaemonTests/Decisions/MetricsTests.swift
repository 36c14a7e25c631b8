import Testing
import UltraAPI

@testable import UltraDaemon

@Suite("Metrics: counting and writing")
struct MetricsTests {
    @Test(
        "each flaw of the format is found by the parser of these tests",
        arguments: [
            "a 1\n", "# TYPE a gauge\na 1\n", "# HELP a x\n# TYPE a counter\na 1\n", "# HELP a x\n# TYPE a gauge\na 1",
            "# HELP a_total x\n# TYPE a_total gauge\na_total 1\n", "# HELP a x\n# TYPE a gauge\na 1\na 2\n",
            "# HELP a x\n# TYPE a gauge\nb 1\n", "# HELP a x\n# TYPE a gauge\na one\n",
            "# HELP a x\n# TYPE a gauge\na\n",
            "# HELP a x\n# TYPE a gauge\n# HELP b x\n# TYPE b gauge\nb 1\na 1\n",
            "# HELP 1a x\n# TYPE 1a gauge\n1a 1\n",
            "# HELP a x\n# TYPE a gauge\na{b=\"c} 1\n", "# HELP a x\n# TYPE a gauge\na{b=\"c\",b=\"d\"} 1\n",
            "# HELP a_ms x\n# TYPE a_ms gauge\na_ms 1\n", "# HELP a_total x\n# TYPE a_total counter\na_total -1\n",
            "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
            "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
            "# HELP a x\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n",
        ])
    func strict(text: String) {
        #expect(throws: Exposition.Flaw.self) { try Exposition(text) }
    }

    @Test("families, labels with odd characters and histograms are written as they should be")
    func text() throws {
        var text = MetricsText()
        text.begin(.gauge, "a_bytes", "Bytes.")
        text.sample(3, ["model": "a\\b\"c\nd é"])
        text.sample(1.5)
        text.begin(.counter, "nothing_total", "Nothing.")
        text.begin(.counter, "b_usd_total", "Money.")
        text.sample(microUSD: 28)
        var histogram = Histogram()
        for milliseconds in [0, 1, 1, 7, 700_000] { histogram.observe(nanoseconds: UInt64(milliseconds) * 1_000_000) }
        text.begin(.histogram, "c_seconds", "Time.")
        text.sample(histogram, ["op": "x"])
        let read = try Exposition(text.text)
        #expect(read["a_bytes", ["model": "a\\b\"c\nd é"]] == 3)
        #expect(read["a_bytes"] == 1.5)
        #expect(read.families.keys.sorted() == ["a_bytes", "b_usd_total", "c_seconds"])
        #expect(read["b_usd_total"] == 0.000028)
        #expect(read["c_seconds_bucket", ["op": "x", "le": "0.0005"]] == 1)
        #expect(read["c_seconds_bucket", ["op": "x", "le": "0.001"]] == 3)
        #expect(read["c_seconds_bucket", ["op": "x", "le": "0.01"]] == 4)
        #expect(read["c_seconds_bucket", ["op": "x", "le": "600.0"]] == 4)
        #expect(read["c_seconds_bucket", ["op": "x", "le": "+Inf"]] == 5)
        #expect(read["c_seconds_sum", ["op": "x"]] == 700.009)
    }

    struct Story: Sendable {
        var attempts: [Attempt]
        var retries: Int
        var fallbacks: Int
    }

    static func asked(_ model: String, _ error: ErrorCode? = nil) -> Attempt {
        Attempt(model: model, error: error, status: nil, milliseconds: 1)
    }

    @Test(
        "asking again is a retry, another model a fallback",
        arguments: [
            Story(attempts: [], retries: 0, fallbacks: 0), Story(attempts: [asked("a")], retries: 0, fallbacks: 0),
            Story(attempts: [asked("a", .timeout), asked("a")], retries: 1, fallbacks: 0),
            Story(attempts: [asked("a", .timeout), asked("a", .timeout), asked("b")], retries: 1, fallbacks: 1),
            Story(attempts: [Attempt(model: "a", skipped: "unavailable"), asked("b")], retries: 0, fallbacks: 1),
            Story(attempts: [Attempt(model: "a", skipped: "unavailable"), asked("a")], retries: 0, fallbacks: 0),
        ])
    func attempts(_ story: Story) {
        var answer = Answer(model: "a", provider: "p")
        answer.attempts = story.attempts
        var metrics = RequestMetrics()
        metrics.ended(.generate, answer, nil)
        #expect(metrics.retries == story.retries)
        #expect(metrics.fallbacks == story.fallbacks)
    }

    @Test("names of models that clients make up take a bounded number of series")
    func cardinality() {
        var metrics = RequestMetrics()
        for number in 0..<(2 * RequestMetrics.modelLimit) {
            metrics.ended(.generate, Answer(model: "p/\(number)", provider: "p"), nil)
        }
        #expect(metrics.models.count == RequestMetrics.modelLimit + 1)
        #expect(metrics.models["other"]?.answered == RequestMetrics.modelLimit)
        #expect(metrics.models.values.reduce(0) { $0 + $1.answered } == 2 * RequestMetrics.modelLimit)
    }

    @Test("figures without measure are added to the largest number there is, and no further")
    func saturation() {
        var metrics = RequestMetrics()
        var answer = Answer(model: "p/m", provider: "p")
        answer.usage = Usage(inputTokens: .max / 2, outputTokens: .max, cachedInputTokens: 1, reasoningTokens: .max)
        answer.costMicroUSD = .max
        var row = LedgerRow(
            time: 0, uid: 1, gid: 1, pid: 1, program: nil, operation: "generate", modelAsked: nil, model: "p/m",
            provider: "p")
        row.usage = answer.usage
        row.costMicroUSD = answer.costMicroUSD
        var today = DayTotals()
        for _ in 0..<4 {
            metrics.ended(.generate, answer, nil)
            today.add(row)
        }
        #expect(metrics.models["p/m"]?.inputTokens == .max && metrics.models["p/m"]?.cachedInputTokens == 4)
        #expect(metrics.models["p/m"]?.costMicroUSD == .max)
        #expect(today.inputTokens == .max && today.outputTokens == .max && today.costMicroUSD == .max)
    }

    @Test("the usage of a cached answer is not counted again")
    func cached() {
        var metrics = RequestMetrics()
        for state in [Answer.CacheState.off, .miss, .hit, .coalesced] {
            var answer = Answer(model: "p/m", provider: "p")
            answer.cache = state
            answer.usage.inputTokens = 10
            answer.costMicroUSD = 5
            metrics.ended(.generate, answer, nil)
        }
        #expect(metrics.models["p/m"]?.answered == 2)
        #expect(metrics.models["p/m"]?.inputTokens == 20)
        #expect(metrics.models["p/m"]?.costMicroUSD == 10)
    }
}
