import Testing
import UltraAPI
import UltraProviders

@testable import UltraDaemon

@Suite("Budgets: use of attempts")
struct UseOfAttemptsTests {
    struct Attempt: Sendable {
        var input: Int?
        var output: Int?
        var cost: Int?
        var isBilled = true
        var bytes = 0
        var pieces = 0
    }

    /// The request was admitted with 100 input tokens; an input token costs 1 micro-USD, an output token 2.
    @Test(
        "reported use counts, missing use is estimated, and unbilled use is free",
        arguments: [
            ([Attempt(input: 10, output: 5, cost: 7)], 15, 7, false),
            // A cancelled or cut reply: 8,000 bytes in 3 pieces.
            ([Attempt(bytes: 8000, pieces: 3)], 2100, 4100, true),
            // Each short piece counts as one token.
            ([Attempt(bytes: 50, pieces: 40)], 140, 180, true),
            // A request that was sent and never answered.
            ([Attempt()], 100, 100, true),
            ([Attempt(input: 30, bytes: 400, pieces: 1)], 130, 230, true),
            ([Attempt(isBilled: false, bytes: 0)], 0, 0, false),
            // A refused attempt that reported its use.
            ([Attempt(input: 3, output: 0, isBilled: false)], 3, 3, false),
            ([Attempt(), Attempt(input: 10, output: 5, cost: 7)], 115, 107, true),
            // Negative counts return nothing.
            ([Attempt(input: 10, output: -500_000, cost: -9)], 10, 0, false),
        ] as [([Attempt], Int, Int, Bool)])
    func counted(attempts: [Attempt], tokens: Int, microUSD: Int, isEstimated: Bool) {
        var use = UseOfAttempts()
        for attempt in attempts {
            use.add(
                Usage(inputTokens: attempt.input, outputTokens: attempt.output), cost: attempt.cost,
                isBilled: attempt.isBilled, admitted: 100,
                UseOfAttempts.Delivered(bytes: attempt.bytes, pieces: attempt.pieces), Price(input: 1, output: 2))
        }
        #expect(use.amount == DayUse.Amount(microUSD: microUSD, tokens: tokens))
        #expect(use.isEstimated == isEstimated)
    }

    @Test(
        "the estimate reads what provider_options may set",
        arguments: [
            ("{}", 1000), (#"{"max_completion_tokens":5000}"#, 5000), (#"{"n":3}"#, 3000),
            (#"{"max_tokens":10,"n":2}"#, 20), (#"{"generationConfig":{"maxOutputTokens":7,"candidateCount":2}}"#, 14),
            (#"{"options":{"num_predict":40}}"#, 40), (#"{"a":{"b":{"max_tokens":9}}}"#, 1000),
            (#"{"max_tokens":"x","n":-1}"#, 1000), (#"{"max_tokens":1e300,"n":1e300}"#, .max),
        ])
    func options(text: String, output: Int) {
        var request = Request(messages: [Message(.user, [.text("1234")])])
        request.providerOptions = ["openai": RawJSON(validated: Array(text.utf8))]
        #expect(UseEstimate.tokens(request, for: "openai") == (1, output))
        #expect(UseEstimate.tokens(request, for: "mistral") == (1, 1000))
    }

    @Test(
        "a date or -latest makes no other model, a size does",
        arguments: [
            ("gpt-4o-2024-08-06", "gpt-4o", true), ("GPT-4o", "gpt-4o", true),
            ("models/gemini-2.0-flash-001", "gemini-2.0-flash", true),
            ("gpt-4o", "gpt-4o-mini", false), ("gpt-4o-mini", "gpt-4o", false),
            ("gpt-4o-mini-2024-07-18", "gpt-4o", false),
        ])
    func sameModel(one: String, other: String, isSame: Bool) {
        #expect(Catalogue.isSameModel(one, other) == isSame)
    }
}
