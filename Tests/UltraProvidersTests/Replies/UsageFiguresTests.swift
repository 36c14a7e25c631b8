import Testing
import UltraAPI

@testable import UltraProviders

/// Token counts under all the names of servers and gateways.
struct UsageFiguresTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let rule: String
        var dialect = DialectReplies.chat
        let usage: String
        var input: Int?
        var output: Int?
        var cached: Int?
        var written: Int?
        var reasoning: Int?

        var testDescription: String { "\(dialect.name): \(rule)" }
        var expected: Usage {
            Usage(
                inputTokens: input, outputTokens: output, cachedInputTokens: cached, cacheWriteTokens: written,
                reasoningTokens: reasoning, source: .measured)
        }
    }

    static let cases = [
        Case(
            rule: "counts in quotes", usage: #"{"prompt_tokens":"31","completion_tokens":"4.0"}"#, input: 31, output: 4),
        Case(
            rule: "written tokens in the details",
            usage: #"{"prompt_tokens":90,"completion_tokens":5,"total_tokens":95,"#
                + #""prompt_tokens_details":{"cached_tokens":60,"cache_creation_tokens":20}}"#,
            input: 90, output: 5, cached: 60, written: 20),
        Case(
            rule: "OpenRouter's written tokens",
            usage: #"{"prompt_tokens":90,"completion_tokens":5,"prompt_tokens_details":{"cache_write_tokens":20}}"#,
            input: 90, output: 5, written: 20),
        Case(
            rule: "Anthropic's names beside an input that holds them",
            usage: #"{"prompt_tokens":90,"completion_tokens":5,"total_tokens":95,"#
                + #""cache_read_input_tokens":60,"cache_creation_input_tokens":20}"#,
            input: 90, output: 5, cached: 60, written: 20),
        Case(
            rule: "the same without a total",
            usage:
                #"{"prompt_tokens":90,"completion_tokens":5,"cache_read_input_tokens":60,"cache_creation_input_tokens":20}"#,
            input: 90, output: 5, cached: 60, written: 20),
        Case(
            rule: "an input that is less than what was read and written does not hold it",
            usage:
                #"{"prompt_tokens":10,"completion_tokens":5,"cache_read_input_tokens":60,"cache_creation_input_tokens":20}"#,
            input: 90, output: 5, cached: 60, written: 20),
        Case(
            rule: "the total tells that the input does not hold them",
            usage: #"{"prompt_tokens":100,"completion_tokens":5,"total_tokens":185,"#
                + #""cache_read_input_tokens":60,"cache_creation_input_tokens":20}"#,
            input: 180, output: 5, cached: 60, written: 20),
        Case(
            rule: "the total tells that the input holds what was read but not what was written",
            usage: #"{"prompt_tokens":70,"completion_tokens":5,"total_tokens":95,"#
                + #""prompt_tokens_details":{"cached_tokens":60},"cache_creation_input_tokens":20}"#,
            input: 90, output: 5, cached: 60, written: 20),
        Case(
            rule: "Anthropic's usage as it is",
            usage:
                #"{"input_tokens":100,"output_tokens":5,"cache_read_input_tokens":60,"cache_creation_input_tokens":0}"#,
            input: 160, output: 5, cached: 60, written: 0),
        Case(
            rule: "the same figure under two names counts once, and a zero takes nothing back",
            usage: #"{"prompt_tokens":90,"completion_tokens":5,"cached_tokens":60,"prompt_cache_hit_tokens":0,"#
                + #""prompt_tokens_details":{"cached_tokens":60,"cached_creation_tokens":20},"input_tokens":0}"#,
            input: 90, output: 5, cached: 60, written: 20),
        Case(
            rule: "DeepSeek's name", usage: #"{"prompt_tokens":90,"completion_tokens":5,"prompt_cache_hit_tokens":64}"#,
            input: 90, output: 5, cached: 64),
        Case(
            rule: "Moonshot's name", usage: #"{"prompt_tokens":90,"completion_tokens":5,"cached_tokens":64}"#,
            input: 90,
            output: 5, cached: 64),
        Case(
            rule: "reasoning that the total alone holds",
            usage: #"{"prompt_tokens":9,"completion_tokens":5,"total_tokens":21,"#
                + #""completion_tokens_details":{"reasoning_tokens":7}}"#,
            input: 9, output: 12, reasoning: 7),
        Case(
            rule: "reasoning within the output",
            usage: #"{"prompt_tokens":9,"completion_tokens":8,"total_tokens":17,"#
                + #""completion_tokens_details":{"reasoning_tokens":7}}"#,
            input: 9, output: 8, reasoning: 7),
        Case(
            rule: "negative, huge and other counts are not known",
            usage: #"{"prompt_tokens":9,"completion_tokens":-8,"total_tokens":1e999,"#
                + #""prompt_tokens_details":{"cached_tokens":NaN,"cache_write_tokens":[1]}}"#, input: 9),
        Case(
            rule: "the responses API", dialect: .responses,
            usage: #"{"input_tokens":90,"output_tokens":"8","total_tokens":98,"input_tokens_details":"#
                + #"{"cached_tokens":60,"cache_creation_tokens":20},"output_tokens_details":{"reasoning_tokens":3}}"#,
            input: 90, output: 8, cached: 60, written: 20, reasoning: 3),
        Case(
            rule: "the input is what is beside the cache", dialect: .anthropic,
            usage:
                #"{"input_tokens":"10","output_tokens":8,"cache_read_input_tokens":60,"cache_creation_input_tokens":20}"#,
            input: 90, output: 8, cached: 60, written: 20),
        Case(
            rule: "what was written may be told in parts", dialect: .anthropic,
            usage: #"{"input_tokens":10,"output_tokens":8,"cache_creation":"#
                + #"{"ephemeral_5m_input_tokens":15,"ephemeral_1h_input_tokens":5}}"#,
            input: 30, output: 8, written: 20),
        Case(
            rule: "counts in quotes", dialect: .gemini,
            usage: #"{"promptTokenCount":"9","candidatesTokenCount":"4","thoughtsTokenCount":"2"}"#, input: 9,
            output: 6,
            reasoning: 2),
        Case(
            rule: "counts in quotes", dialect: .cohere,
            usage: #"{"tokens":{"input_tokens":"9","output_tokens":"4"},"cached_tokens":"2"}"#, input: 9, output: 4,
            cached: 2),
    ]

    private func member(_ dialect: DialectReplies) -> String { dialect.name == "gemini" ? "usageMetadata" : "usage" }

    @Test("usage is read wherever the server puts it", arguments: cases)
    func reading(example: Case) {
        let dialect = example.dialect
        let more = #","\#(member(dialect))":\#(example.usage)"#
        for outcome in dialect.outcomes(dialect.piece("Hi") + dialect.end(dialect.length, more), isStream: true)
            + dialect.outcomes(dialect.document("Hi", dialect.length, more), isStream: false)
        {
            #expect(outcome.usage == example.expected)
            #expect(outcome.error == nil)
        }
    }

    @Test("usage may stand in a choice, and a later 0 or null takes nothing back")
    func choices() {
        let body =
            #"data: {"choices":[{"index":0,"delta":{"content":"Hi"},"usage":{"prompt_tokens":9,"completion_tokens":4,"#
            + #""cached_tokens":3}}]}"# + "\n\n"
            + DialectReplies.chat.end(
                "stop",
                #","usage":{"prompt_tokens":0,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":0}}"#)
        for outcome in DialectReplies.chat.outcomes(body, isStream: true) {
            #expect(
                outcome.usage
                    == Usage(inputTokens: 9, outputTokens: 5, cachedInputTokens: 3, source: .measured))
        }
    }

    static let laterFigures = [
        (
            #"{"input_tokens":10,"cache_read_input_tokens":40,"output_tokens":1}"#,
            #"{"input_tokens":0,"output_tokens":12}"#
        ),
        (
            #"{"input_tokens":10,"cache_read_input_tokens":40,"output_tokens":1}"#,
            #"{"input_tokens":0,"cache_read_input_tokens":0,"cache_creation_input_tokens":0,"output_tokens":12}"#
        ),
        (
            #"{"input_tokens":10,"cache_read_input_tokens":40,"output_tokens":1}"#,
            #"{"input_tokens":null,"cache_read_input_tokens":null,"output_tokens":12}"#
        ),
        (
            #"{"input_tokens":0,"output_tokens":0}"#,
            #"{"input_tokens":10,"cache_read_input_tokens":40,"output_tokens":12}"#
        ),
    ]

    @Test("Anthropic: counts of the start are kept at the end", arguments: laterFigures)
    func anthropic(start: String, end: String) {
        let body =
            #"data: {"type":"message_start","message":{"usage":\#(start)}}"# + "\n\n"
            + DialectReplies.anthropic.piece("Hi") + DialectReplies.anthropic.end("end_turn", #","usage":\#(end)"#)
        for outcome in DialectReplies.anthropic.outcomes(body, isStream: true) {
            #expect(outcome.usage.inputTokens == 50)
            #expect(outcome.usage.cachedInputTokens == 40)
            #expect(outcome.usage.outputTokens == 12)
        }
    }

    static let chunks: [([String], Usage)] = [
        // The reasoning tokens are withdrawn at the end.
        (
            [
                #"{"promptTokenCount":9,"thoughtsTokenCount":500000}"#,
                #"{"promptTokenCount":9,"thoughtsTokenCount":0}"#,
            ],
            Usage(inputTokens: 9, outputTokens: 500_000, reasoningTokens: 500_000, source: .measured)
        ),
        (
            [
                #"{"promptTokenCount":9,"candidatesTokenCount":4,"thoughtsTokenCount":6}"#,
                #"{"promptTokenCount":0,"candidatesTokenCount":5,"thoughtsTokenCount":-6}"#,
            ], Usage(inputTokens: 9, outputTokens: 11, reasoningTokens: 6, source: .measured)
        ),
        (
            [
                #"{"promptTokenCount":9,"candidatesTokenCount":4,"thoughtsTokenCount":9,"totalTokenCount":13}"#,
                #"{"promptTokenCount":9,"candidatesTokenCount":1}"#,
            ], Usage(inputTokens: 9, outputTokens: 10, reasoningTokens: 9, source: .measured)
        ),
    ]

    @Test("Gemini: counts that are taken back never make one negative", arguments: chunks)
    func gemini(usages: [String], expected: Usage) {
        let body =
            DialectReplies.gemini.piece("Hi")
            + usages.map { #"data: {"usageMetadata":\#($0)}"# + "\n\n" }.joined()
            + DialectReplies.gemini.end("STOP", "")
        for outcome in DialectReplies.gemini.outcomes(body, isStream: true) {
            #expect(outcome.usage == expected)
            for case .usage(let usage) in outcome.events {
                for count in [usage.inputTokens, usage.outputTokens, usage.reasoningTokens] {
                    #expect(count ?? 0 >= 0)
                }
            }
        }
    }

    @Test("the price of a gateway's cached and written tokens")
    func price() {
        let price = Price(input: 5, cachedInput: 0.5, cacheWrite: 6.25, output: 25)
        for usage in [
            #"{"prompt_tokens":1000,"completion_tokens":10,"cache_read_input_tokens":600,"cache_creation_input_tokens":300}"#,
            #"{"prompt_tokens":100,"completion_tokens":10,"cache_read_input_tokens":600,"cache_creation_input_tokens":300}"#,
        ] {
            let body = DialectReplies.chat.document("Hi", "stop", #","usage":\#(usage)"#)
            for outcome in DialectReplies.chat.outcomes(body, isStream: false) {
                #expect(price.cost(of: outcome.usage) == 500 + 300 + 1875 + 250)
            }
        }
    }
}
