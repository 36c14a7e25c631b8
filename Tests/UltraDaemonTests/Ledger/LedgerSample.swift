import UltraAPI
import UltraProviders

@testable import UltraDaemon

/// Rows like those of a busy machine, the same for the same seed.
struct LedgerSample {
    private var random: SplitMix

    /// 2026-11-24T00:00:00Z.
    static let midnight = 1_795_478_400_000

    init(seed: UInt64 = 1) {
        random = SplitMix(seed: seed)
    }

    /// A row with the required values only.
    static func row(time: Int = midnight, _ change: (inout LedgerRow) -> Void = { _ in }) -> LedgerRow {
        var row = LedgerRow(
            time: time, uid: 1000, gid: 100, pid: 7, program: "curl", operation: "generate", modelAsked: "gpt-4o",
            model: "openai/gpt-4o", provider: "openai")
        row.totalMilliseconds = 100
        change(&row)
        return row
    }

    /// `count` requests, one every four seconds or so.
    mutating func rows(_ count: Int, from start: Int = midnight) -> [LedgerRow] {
        var time = start
        return (0..<count).map { _ in
            time += Int.random(in: 0...8000, using: &random)
            return row(at: time)
        }
    }

    private mutating func row(at time: Int) -> LedgerRow {
        let (provider, model) =
            [
                ("openai", "gpt-4o"), ("openai", "gpt-4o-mini"), ("anthropic", "claude"), ("mock", "echo"),
            ].randomElement(using: &random) ?? ("", "")
        var row = LedgerRow(
            time: time, uid: [0, 1000, 4_294_967_294].randomElement(using: &random) ?? 0,
            gid: UInt32.random(in: 0...2, using: &random), pid: 1,
            program: ["curl", "python3", "bash", nil].randomElement(using: &random) ?? nil,
            operation: ["generate", "stream", "embed"].randomElement(using: &random) ?? "", modelAsked: nil,
            model: "\(provider)/\(model)", provider: provider)
        let isFailure = Int.random(in: 0..<10, using: &random) == 0
        if isFailure { row.outcome = ["timeout", "overloaded"].randomElement(using: &random) ?? "" }
        if Bool.random(using: &random) {
            row.usage = Usage(
                inputTokens: Int.random(in: 0...100_000, using: &random),
                outputTokens: Int.random(in: 0...1000, using: &random),
                cachedInputTokens: Bool.random(using: &random) ? 7 : nil, reasoningTokens: 3, source: .measured)
            row.costMicroUSD = Bool.random(using: &random) ? Int.random(in: 0...9_000_000, using: &random) : nil
            row.price = Price.Rates(input: 2.5, cachedInput: 1.25, output: 10)
            row.firstTokenMilliseconds = Double(Int.random(in: 1...5000, using: &random))
        }
        row.totalMilliseconds = Double(Int.random(in: 1...60_000, using: &random))
        row.tags = ["a", "b", "c", "nightly job"].filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
        row.attempts = 1
        return row
    }
}
