import Testing

@testable import UltraProviders

struct ClaudeRulesTests {
    /// Columns: model; thinking; thinks by default, returns it; takes temperature or top_p, takes both; prefill;
    /// schema; forced tools; limit.
    static let rows: [(String, ClaudeRules.Thinking, Bool, Bool, Bool, Bool, Bool, Bool, Bool, Int?)] = [
        ("claude-2.1", .none, false, true, true, true, true, false, true, 4096),
        ("claude-instant-1.2", .none, false, true, true, true, true, false, true, 4096),
        ("claude-3-opus-20240229", .none, false, true, true, true, true, false, true, 4096),
        ("claude-3-5-sonnet-20241022", .none, false, true, true, true, true, false, true, 8192),
        ("claude-3-7-sonnet-latest", .budget, false, true, true, true, true, false, true, 64_000),
        ("claude-opus-4-20250514", .budget, false, true, true, false, true, false, true, 32_000),
        ("claude-opus-4-1-20250805", .budget, false, true, true, false, true, true, true, 32_000),
        ("claude-sonnet-4-20250514", .budget, false, true, true, false, true, false, true, 64_000),
        ("claude-sonnet-4-5", .budget, false, true, true, false, true, true, true, 64_000),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", .budget, false, true, true, false, true, true, true, 64_000),
        ("claude-haiku-4-5@20251001", .budget, false, true, true, false, true, true, true, 64_000),
        ("anthropic/claude-opus-4.5", .budget, false, true, true, false, true, true, true, 64_000),
        ("claude-opus-4-6", .budgetOrAdaptive, false, true, true, false, false, true, true, 128_000),
        ("claude-opus-4-7", .adaptive, false, false, false, true, false, true, true, 128_000),
        ("claude-opus-4-8", .adaptive, false, false, false, true, false, true, true, 128_000),
        ("claude-sonnet-5", .adaptive, true, false, false, true, false, true, true, 128_000),
        ("claude-opus-5", .adaptive, true, false, false, true, false, true, true, 128_000),
        ("claude-haiku-5-5", .adaptive, true, false, false, true, false, true, true, 128_000),
        ("claude-fable-5", .adaptive, true, false, false, true, false, true, true, 128_000),
        ("claude-mythos-preview", .adaptive, true, false, false, true, false, true, true, 128_000),
        ("claude-fable-5-1", .adaptive, true, false, false, true, false, true, false, 128_000),
        ("claude-mythos-5-2", .adaptive, true, false, false, true, false, true, false, 128_000),
        ("claude-sonnet-5-5", .adaptive, true, false, false, true, false, true, false, 128_000),
        ("claude-opus-5-5-20260922", .adaptive, true, false, false, true, false, true, false, 128_000),
        ("claude-saga-6", .adaptive, true, false, false, true, false, true, false, 128_000),
        ("Claude-Opus-Latest", .adaptive, true, false, false, true, false, true, false, 128_000),
        ("some-other-model", .budget, false, true, true, true, true, true, true, nil),
    ]

    @Test("a model takes what the reference says of it", arguments: rows.indices)
    func model(index: Int) {
        let row = Self.rows[index]
        let rules = ClaudeRules(row.0)
        #expect(rules.thinking == row.1, "\(row.0)")
        #expect(rules.thinksByDefault == row.2, "\(row.0)")
        #expect(rules.showsThinking == row.3, "\(row.0)")
        #expect(rules.takesSampling == row.4, "\(row.0)")
        #expect(rules.takesTopPBesideTemperature == row.5, "\(row.0)")
        #expect(rules.takesPrefill == row.6, "\(row.0)")
        #expect(rules.takesSchema == row.7, "\(row.0)")
        #expect(rules.takesForcedTools == row.8, "\(row.0)")
        #expect(rules.outputLimit == row.9, "\(row.0)")
    }
}
