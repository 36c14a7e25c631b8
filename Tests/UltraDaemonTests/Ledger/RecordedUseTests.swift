import ScriptedProvider
import Testing

/// What providers really answered, and what the ledger makes of it: reckoned by hand from the recording's usage and the
/// catalogue's price.
@Suite("Ledger: recorded answers", .enabled(if: Recording.areAvailable, "no recordings: set ULTRA_RECORDINGS"))
struct RecordedUseTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var recording: String
        var model: String
        /// As `ultrad.toml` names it; nil: the catalogue's.
        var price: String?
        var input: Int
        var output: Int
        var cached: Int?
        /// Micro-USD; nil: not known.
        var cost: Double?

        var provider: String { String(recording.prefix { $0 != "/" }) }
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
        let id = example.provider
        try Self.check(example, of: id, try DaemonProcess(Scenario.environment([id: provider])))
    }

    @Test(
        "other servers' tokens count the same, at the price the configuration names",
        arguments: [
            // 18 × 0.1 + 70 × 0.2 = 1.8 + 14
            Case(
                recording: "groq/chat-01", model: "llama3-8b-8192", price: "{input = 0.1, output = 0.2}", input: 18,
                output: 70, cost: 16),
            // 201 × 1 + 58 × 3
            Case(
                recording: "groq/tools_stream-01", model: "moonshotai/kimi-k2-instruct-0905",
                price: "{input = 1, output = 3}", input: 201, output: 58, cost: 375),
            // 12 × 0.28 + 1 × 0.42 = 3.36 + 0.42
            Case(
                recording: "deepseek/chat-01", model: "deepseek-chat",
                price: "{input = 0.28, cached_input = 0.028, output = 0.42}", input: 12, output: 1, cached: 0, cost: 4),
            // 97 × 0.28 + 17 × 0.42 = 27.16 + 7.14, reasoning included
            Case(
                recording: "deepseek/reasoning-01", model: "deepseek-v4-flash",
                price: "{input = 0.28, cached_input = 0.028, output = 0.42}", input: 97, output: 17, cached: 0,
                cost: 34),
            // (213 - 192) × 0.2 + 192 × 0.02 + (2 + 198) × 1.5 = 4.2 + 3.84 + 300; xAI says 3,080,400 ticks itself.
            Case(
                recording: "xai/chat_stream-01", model: "grok-code-fast-1",
                price: "{input = 0.2, cached_input = 0.02, output = 1.5}", input: 213, output: 200, cached: 192,
                cost: 308),
            // No price is known.
            Case(recording: "ollama/openai_chat-01", model: "gpt-oss:120b", input: 74, output: 37),
        ])
    func server(example: Case) throws {
        let recording = try Recording(example.recording)
        let provider = try ScriptedProvider { request in
            request.method == "GET" ? .json(#"{"data":[{"id":"\#(example.model)"}]}"#) : recording.script()
        }
        // Some of these names are those of providers that are built in.
        let id = "my-\(example.provider)"
        var file = "[providers.\(id)]\nkind = \"openai-compatible\"\nendpoint = \"\(provider.url)/v1\"\n"
        if let price = example.price {
            file += "[models.\"\(id)/\(example.model)\"]\nprice = \(price)\n"
        }
        try Self.check(example, of: id, try DaemonProcess(["AUTO_REGISTER_PROVIDERS": "false"], file: file))
    }

    @Test(
        "Ollama's tokens are its counts of evaluations",
        arguments: [
            Case(recording: "ollama/chat-01", model: "llama3", input: 17, output: 66),
            Case(recording: "ollama/chat_stream-01", model: "gemma3:1b", input: 16, output: 22),
            Case(recording: "ollama/tool_results_stream-01", model: "qwen3:latest", input: 170, output: 180),
        ])
    func ollama(example: Case) throws {
        let recording = try Recording(example.recording)
        let provider = try ScriptedProvider { request in
            request.method == "GET" ? .json(#"{"models":[]}"#) : recording.script()
        }
        try Self.check(
            example, of: "ollama", try DaemonProcess(["AUTO_REGISTER_PROVIDERS": "false", "OLLAMA_HOST": provider.url]))
    }

    private static func check(_ example: Case, of provider: String, _ daemon: DaemonProcess) throws {
        let client = try daemon.client()
        let operation = example.recording.contains("stream") ? "stream" : "generate"
        let answer = try client.ask(
            #"{"id":1,"op":"\#(operation)","model":"\#(provider)/\#(example.model)","prompt":"hi"}"#)
        #expect(answer.event == (operation == "stream" ? "done" : "result"), "\(answer.object)")
        let row = try #require(try UsageOperationTests.rows(client, #""group_by":["model"]"#).first)
        #expect(row["input_tokens"] as? Int == example.input && row["output_tokens"] as? Int == example.output)
        #expect(row["cached_input_tokens"] as? Int == example.cached)
        let cost = (row["cost_usd"] as? Double).map { ($0 * 1e6).rounded() }
        #expect(cost == example.cost)
        #expect(row["unknown_cost"] as? Int == (example.cost == nil ? 1 : 0))
        #expect(row["cost_usd"] as? Double == answer["cost_usd"] as? Double)
    }
}
