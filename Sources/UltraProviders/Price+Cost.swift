package import UltraAPI

extension Price {
    /// What an answer cost, in micro-USD; halves are rounded up, once, over the sum. `nil`: not known.
    ///
    /// 1. The input, cached reads and writes included, decides the tier.
    /// 2. Cached reads and writes that the provider did not mention count as none: providers leave them out when there
    ///    are none.
    /// 3. A price that is not known is nil, not 0, if a token was used at it, with one exception: where input is free,
    ///    so are cached reads and writes. Likewise a number of tokens that is not known, unless they are free.
    /// 4. Numbers that contradict each other, are negative or overflow make the cost unknown.
    ///
    /// Rates count to the millionth of a USD per million tokens.
    package func cost(of usage: Usage) -> Int? {
        guard let rates = rates(forInput: usage.inputTokens) else { return nil }
        let read = usage.cachedInputTokens ?? 0
        let written = usage.cacheWriteTokens ?? 0
        let (fromOrToCache, overflows) = read.addingReportingOverflow(written)
        guard read >= 0, written >= 0, !overflows, usage.inputTokens.map({ $0 >= fromOrToCache }) ?? true else {
            return nil
        }
        let ifInputIsFree: Double? = rates.input == 0 ? 0 : nil
        let parts = [
            Self.picodollars(usage.inputTokens.map { $0 - fromOrToCache }, at: rates.input),
            Self.picodollars(read, at: rates.cachedInput ?? ifInputIsFree),
            Self.picodollars(written, at: rates.cacheWrite ?? ifInputIsFree),
            Self.picodollars(usage.outputTokens, at: rates.output),
        ]
        var sum = 500_000
        for part in parts {
            guard let part else { return nil }
            let (next, overflows) = sum.addingReportingOverflow(part)
            guard !overflows else { return nil }
            sum = next
        }
        return sum / 1_000_000
    }

    /// The rates of the tier; `nil`: the number is not known and the tiers differ.
    package func rates(forInput tokens: Int?) -> Rates? {
        guard let tokens else { return tiers.allSatisfy { $0.rates == rates } ? rates : nil }
        return tiers.last { tokens > $0.above }?.rates ?? rates
    }

    /// A millionth of a micro-USD is what one token costs at a rate of a millionth of a USD per million.
    private static func picodollars(_ tokens: Int?, at rate: Double?) -> Int? {
        if tokens == 0 || rate == 0 { return (tokens ?? 0) < 0 ? nil : 0 }
        guard let tokens, tokens > 0, let rate, rate > 0, let unit = Int(exactly: (rate * 1_000_000).rounded()) else {
            return nil
        }
        let (product, overflows) = tokens.multipliedReportingOverflow(by: unit)
        return overflows ? nil : product
    }
}
