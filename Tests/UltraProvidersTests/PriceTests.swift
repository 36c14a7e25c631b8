import Testing
import UltraAPI

@testable import UltraProviders

/// Costs of answers in micro-USD, computed by hand.
struct PriceTests {
    private static let plain = Price(input: 2.5, output: 10)
    private static let cached = Price(input: 3, cachedInput: 0.3, cacheWrite: 3.75, output: 15)
    private static let tiered = Price(
        input: 2, cachedInput: 0.2, cacheWrite: 2.5, output: 12,
        tiers: [
            .init(above: 200_000, .init(input: 4, cachedInput: 0.4, output: 18)),
            .init(above: 400_000, .init(input: 8, output: 24)),
        ])
    private static let free = Price(input: 0, output: 0)
    private static let embedding = Price(input: 0.02, output: 0)

    private static func usage(
        _ input: Int?, _ output: Int?, read: Int? = nil, written: Int? = nil, reasoning: Int? = nil
    ) -> Usage {
        Usage(
            inputTokens: input, outputTokens: output, cachedInputTokens: read, cacheWriteTokens: written,
            reasoningTokens: reasoning, source: .measured)
    }

    @Test(
        "micro-USD",
        arguments: [
            // 1000 × 2.5 + 500 × 10
            (plain, usage(1000, 500), 7500),
            (plain, usage(0, 0), 0),
            // Cached reads that are not reported are zero; reasoning is part of the output.
            (plain, usage(1000, 500, read: 0, written: 0, reasoning: 400), 7500),
            // (1000 - 600 - 100) × 3 + 600 × 0.3 + 100 × 3.75 + 200 × 15 = 900 + 180 + 375 + 3000
            (cached, usage(1000, 200, read: 600, written: 100), 4455),
            // 400 × 3 + 600 × 0.3 + 3000
            (cached, usage(1000, 200, read: 600), 4380),
            (cached, usage(1000, 0, read: 1000), 300),
            (cached, usage(1000, 0, written: 1000), 3750),
            // A request of exactly the bound is below the tier: 200,000 × 2 + 1000 × 12.
            (tiered, usage(200_000, 1000), 412_000),
            // 200,001 × 4 + 1000 × 18
            (tiered, usage(200_001, 1000), 818_004),
            // 100,000 × 4 + 150,000 × 0.4 + 18 × 10
            (tiered, usage(250_000, 10, read: 150_000), 460_180),
            // Cached reads count for the tier too. Only 1 token is not cached, and the tier has no price for cached
            // ones.
            (tiered, usage(400_001, 0, read: 400_000), nil),
            (tiered, usage(400_001, 1), 3_200_032),
            (tiered, usage(250_000, 10, written: 1), nil),
            // 0.02 per token is 0.14 for 7 tokens, 0.5 for 25, 0.48 for 24: halves round up.
            (embedding, usage(7, 0), 0), (embedding, usage(24, nil), 0), (embedding, usage(25, nil), 1),
            (embedding, usage(74, nil), 1), (embedding, usage(75, nil), 2),
            // Only the sum is rounded: 0.4 + 0.4 is 0.8.
            (Price(input: 0.4, output: 0.4), usage(1, 1), 1),
            // 0.01875 × 80
            (Price(input: 1, cachedInput: 0.01875, output: 1), usage(80, 0, read: 80), 2),
            // Inexact doubles: 3 × 0.1 counts as 0.3, and 5 × 0.1 as a half.
            (Price(input: 0.1, output: 0), usage(5, 0), 1), (Price(input: 0.1, output: 0), usage(4, 0), 0),
            (Price(input: 0.3, output: 0), usage(5, 0), 2),
            // A price finer than a millionth counts as the nearest millionth.
            (Price(input: 0.000_000_4, output: 0), usage(1_000_000_000, 0), 0),
        ] as [(Price, Usage, Int?)])
    func cost(price: Price, usage: Usage, expected: Int?) {
        #expect(price.cost(of: usage) == expected)
    }

    @Test(
        "unknown is nil, unless it costs nothing",
        arguments: [
            (plain, usage(nil, 5), nil), (plain, usage(5, nil), nil), (plain, Usage(), nil), (free, Usage(), 0),
            (free, usage(nil, 5), 0), (free, usage(100, 5, read: 50, written: 20), 0), (embedding, usage(nil, 0), nil),
            (plain, usage(100, 5, read: 1), nil), (plain, usage(100, 5, written: 1), nil),
            (Price(input: 0, output: 2), usage(nil, 5), 10), (Price(input: 0, output: 2), usage(5, nil), nil),
            (Price(input: 0, cachedInput: 1, output: 2), usage(9, 0, read: 9), 9),
            // The tier is unknown, but the price is the same (free) in all tiers, or not.
            (
                Price(input: 0, output: 0, tiers: [.init(above: 5, .init(input: 0, output: 0))]), usage(nil, 5), 0
            ), (Price(input: 0, output: 0, tiers: [.init(above: 5, .init(input: 1, output: 0))]), usage(nil, 5), nil),
        ] as [(Price, Usage, Int?)])
    func unknown(price: Price, usage: Usage, expected: Int?) {
        #expect(price.cost(of: usage) == expected)
    }

    @Test(
        "contradictions and numbers too large make it unknown",
        arguments: [
            (cached, usage(100, 5, read: 101)), (cached, usage(100, 5, read: 60, written: 60)), (plain, usage(-1, 5)),
            (plain, usage(5, -1)), (free, usage(-1, 0)), (cached, usage(100, 5, read: -1)),
            (cached, usage(.max, 5, read: .max, written: 1)), (cached, usage(5, 5, written: -1)),
            (plain, usage(.max, 5)), (plain, usage(5, .max)),
            (Price(input: 0.6, output: 0.6), usage(9_000_000_000_000, 9_000_000_000_000)),
            (Price(input: .nan, output: 1), usage(1, 1)), (Price(input: -1, output: 1), usage(1, 1)),
            (Price(input: .infinity, output: 1), usage(1, 1)), (Price(input: 1e300, output: 1), usage(1, 1)),
        ])
    func absurd(price: Price, usage: Usage) {
        #expect(price.cost(of: usage) == nil)
    }
}
