import ScriptedProvider
import Testing

/// Rows of the ledger for recorded answers of providers. The expected costs are computed by hand from the answer's
/// usage and the catalogue's price.
@Suite("Ledger: recorded answers")
struct RecordedUseTests {
    static let recordings = [
        // 26 × 0.15 + 104 × 0.6 = 3.9 + 62.4
        RecordedUse(
            answer: "openai/chat_stream-02", model: "gpt-4o-mini", input: 26, output: 104, cached: 0, cost: 66),
        // 13 × 1.1 + 84 × 4.4 = 14.3 + 369.6; 64 of the output tokens are reasoning.
        RecordedUse(
            answer: "openai/reasoning-01", model: "o3-mini", op: "generate", input: 13, output: 84, cached: 0,
            cost: 384),
        // 10 × 1 + 4 × 5
        RecordedUse(
            answer: "anthropic/chat_stream-01", model: "claude-haiku-4-5", input: 10, output: 4, cached: 0, cost: 30),
        // 16 × 1 + 13 × 5
        RecordedUse(
            answer: "anthropic/chat-01", model: "claude-haiku-4-5", op: "generate", input: 16, output: 13, cached: 0,
            cost: 81),
        // 25 × 0.3 + 67 × 2.5 = 7.5 + 167.5, reasoning included
        RecordedUse(
            answer: "gemini/chat_stream-01", model: "gemini-2.5-flash", input: 25, output: 67, cost: 175),
        // 10 × 0.3 + (8 + 23) × 2.5 = 3 + 77.5, halves round up
        RecordedUse(
            answer: "gemini/chat-01", model: "gemini-2.5-flash", op: "generate", input: 10, output: 31, cost: 81),
        // 22 × 0.15 + 8 × 0.6 = 3.3 + 4.8
        RecordedUse(
            answer: "mistral/chat_stream-01", model: "mistral-small-latest", input: 22, output: 8, cached: 0, cost: 8),
        // 23 × 0.15 + 9 × 0.6 = 3.45 + 5.4
        RecordedUse(
            answer: "mistral/chat-01", model: "mistral-small-latest", op: "generate", input: 23, output: 9, cached: 0,
            cost: 9),
        // 448 input tokens were cached, and the catalogue has no price for these: the cost is unknown.
        RecordedUse(
            answer: "cohere/chat_stream-01", model: "command-a-03-2025", input: 502, output: 24, cached: 448),
        // 69 × 2.5 + 110 × 10 = 172.5 + 1100
        RecordedUse(
            answer: "cohere/chat_stream-02", model: "command-a-03-2025", input: 69, output: 110, cost: 1273),
        // A model on the user's own machine has no price.
        RecordedUse(answer: "ollama/chat_stream-01", model: "gemma3:1b", input: 16, output: 22),
        RecordedUse(answer: "ollama/chat-01", model: "llama3", op: "generate", input: 17, output: 66),
        // The catalogue has no prices of other servers' models.
        RecordedUse(
            answer: "groq/chat-01", model: "llama3-8b-8192", op: "generate", kind: .compatible(price: nil), input: 18,
            output: 70),
        // 201 × 1 + 58 × 3
        RecordedUse(
            answer: "groq/tools_stream-01", model: "moonshotai/kimi-k2-instruct-0905",
            kind: .compatible(price: "{input = 1, output = 3}"), input: 201, output: 58, cost: 375),
        RecordedUse(
            answer: "deepseek/chat-01", model: "deepseek-chat", op: "generate", kind: .compatible(price: nil),
            input: 12, output: 1, cached: 0),
        // 297 × 0.14 + 35 × 0.28 = 41.58 + 9.8
        RecordedUse(
            answer: "deepseek/tools_stream-01", model: "deepseek-v4-flash",
            kind: .compatible(price: "{input = 0.14, cached_input = 0.0028, output = 0.28}"), input: 297, output: 35,
            cached: 0, cost: 51),
        // 21 × 0.2 + 192 × 0.02 + (2 + 198) × 1.5 = 4.2 + 3.84 + 300: the recording's own 3080400 ticks of 0.1 nUSD.
        RecordedUse(
            answer: "xai/chat_stream-01", model: "grok-code-fast-1",
            kind: .compatible(price: "{input = 0.2, cached_input = 0.02, output = 1.5}"), input: 213, output: 200,
            cached: 192, cost: 308),
        // 15 × 0.5 + 19 × 1.5 = 7.5 + 28.5: a filtered answer is billed.
        RecordedUse(
            answer: "azure/blocked-01", model: "gpt-35-turbo", op: "generate",
            kind: .compatible(price: "{input = 0.5, output = 1.5}"), input: 15, output: 19, cost: 36),
        // A refusal without usage: the tokens are unknown, not 0.
        RecordedUse(
            answer: "vertex/blocked-01", provider: "gemini", model: "gemini-2.5-flash", op: "generate",
            outcome: "content_filtered"),
    ]

    static let fixtures = [
        // (100 - 64 - 32) × 0.15 + 64 × 0.075 + 32 × 0.15 + 20 × 0.6 = 0.6 + 4.8 + 4.8 + 12
        RecordedUse(
            answer: "openai/usage-details.stream", model: "gpt-4o-mini", input: 100, output: 20, cached: 64, cost: 22),
        // 4 × 1 + 2048 × 0.1 + 100 × 1.25 + 5 × 5 = 4 + 204.8 + 125 + 25
        RecordedUse(
            answer: "anthropic/usage-cached.stream", model: "claude-haiku-4-5", input: 2152, output: 5, cached: 2048,
            cost: 359),
        // (9 - 6) × 0.3 + 6 × 0.03 + 4 × 2.5 = 0.9 + 0.18 + 10
        RecordedUse(
            answer: "gemini/usage-alone-last.stream", model: "gemini-2.5-flash", input: 9, output: 4, cached: 6,
            cost: 11),
        // (24 - 8) × 0.15 + 8 × 0.015 + 6 × 0.6 = 2.4 + 0.12 + 3.6
        RecordedUse(
            answer: "mistral/usage-token-details.stream", model: "mistral-small-latest", input: 24, output: 6,
            cached: 8, cost: 6),
        // 5 × 2.5 + 2 × 10 = 12.5 + 20, halves round up
        RecordedUse(
            answer: "cohere/usage-billed-alone.stream", model: "command-a-03-2025", input: 5, output: 2, cost: 33),
        RecordedUse(answer: "ollama/prompt-cached.stream", model: "qwen3:8b", output: 2),
        RecordedUse(answer: "docker/reasoning.stream", model: "ai/smollm2", input: 9, output: 2),
        RecordedUse(
            answer: "openai/usage-of-groq.stream", provider: "groq", model: "m", kind: .compatible(price: nil),
            input: 1, output: 2),
        // (10 - 8) × 0.14 + 8 × 0.0028 + 2 × 0.28 = 0.28 + 0.0224 + 0.56
        RecordedUse(
            answer: "openai/usage-of-deepseek.stream", provider: "deepseek", model: "m",
            kind: .compatible(price: "{input = 0.14, cached_input = 0.0028, output = 0.28}"), input: 10, output: 2,
            cached: 8, cost: 1),
    ]

    @Test(
        "tokens are the recording's, the cost is what they cost",
        .enabled(if: Recording.areAvailable, "no recordings: set ULTRA_RECORDINGS"), arguments: recordings)
    func recorded(use: RecordedUse) throws {
        try use.check(Recording(use.answer).script())
    }

    @Test(
        "no provider's recordings are left out",
        .enabled(if: Recording.areAvailable, "no recordings: set ULTRA_RECORDINGS"))
    func complete() {
        func folder(_ name: String) -> Substring { name.prefix { $0 != "/" } }
        #expect(Set(Recording.names().map(folder)) == Set(Self.recordings.map { folder($0.answer) }))
    }

    @Test("the fixtures of the tests have these rows", arguments: fixtures)
    func fixture(use: RecordedUse) throws {
        try use.check(use.fixture())
    }
}
