import ScriptedProvider
import Testing

/// What providers really answered, and what the ledger makes of it: reckoned by hand from the recording's usage and the
/// catalogue's price.
@Suite("Ledger: recorded answers", .enabled(if: Recording.areAvailable, "no recordings: set ULTRA_RECORDINGS"))
struct RecordedUseTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var recording: String
        var model: String
        var input: Int
        var output: Int
        var cached: Int?
        /// Micro-USD; nil: not known.
        var cost: Double?

        var testDescription: String { recording }
    }

    @Test(
        "tokens are the recording's, the cost is what they cost",
        arguments: [
            // 26 × 0.15 + 104 × 0.6 = 3.9 + 62.4
            Case(
                recording: "openai/chat_stream-02", model: "gpt-4o-mini", input: 26, output: 104, cached: 0, cost: 66),
            // 10 × 1 + 4 × 5
            Case(
                recording: "anthropic/chat_stream-01", model: "claude-haiku-4-5", input: 10, output: 4, cached: 0,
                cost: 30),
            // 25 × 0.3 + 67 × 2.5 = 7.5 + 167.5, thoughts included
            Case(
                recording: "gemini/chat_stream-01", model: "gemini-2.5-flash", input: 25, output: 67, cached: nil,
                cost: 175),
            // 22 × 0.15 + 8 × 0.6 = 3.3 + 4.8
            Case(
                recording: "mistral/chat_stream-01", model: "mistral-small-latest", input: 22, output: 8, cached: 0,
                cost: 8),
            // 448 of the input were cached, and no price of that is known: no guess.
            Case(
                recording: "cohere/chat_stream-01", model: "command-a-03-2025", input: 502, output: 24, cached: 448,
                cost: nil),
            // 69 × 2.5 + 110 × 10 = 172.5 + 1100
            Case(
                recording: "cohere/chat_stream-02", model: "command-a-03-2025", input: 69, output: 110, cached: nil,
                cost: 1273),
        ])
    func recorded(example: Case) throws {
        let recording = try Recording(example.recording)
        let provider = try ScriptedProvider { request in
            request.method == "GET" ? .json(#"{"data":[],"models":[]}"#) : recording.script()
        }
        let id = String(example.recording.prefix { $0 != "/" })
        let environment = Scenario.environment([id: provider])

        let client = try DaemonProcess(environment).client()
        let answer = try client.ask(
            #"{"id":1,"op":"stream","model":"\#(id)/\#(example.model)","prompt":"hi"}"#)
        #expect(answer.event == "done", "\(answer.object)")
        let row = try #require(try UsageOperationTests.rows(client, #""group_by":["model"]"#).first)
        #expect(row["input_tokens"] as? Int == example.input && row["output_tokens"] as? Int == example.output)
        #expect(row["cached_input_tokens"] as? Int == example.cached)
        let cost = (row["cost_usd"] as? Double).map { ($0 * 1e6).rounded() }
        #expect(cost == example.cost)
        #expect(row["unknown_cost"] as? Int == (example.cost == nil ? 1 : 0))
        #expect(row["cost_usd"] as? Double == answer["cost_usd"] as? Double)
    }
}
