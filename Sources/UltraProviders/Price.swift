package import UltraAPI

/// The price of a model: its rates, and the tiers for long requests.
package struct Price: Sendable, Equatable {
    /// In USD per million tokens. Nil means that the rate is unknown.
    package struct Rates: Sendable, Hashable {
        /// Input tokens neither read from nor written to the provider's cache.
        package var input: Double
        /// Input tokens read from the cache.
        package var cachedInput: Double?
        /// Input tokens written to the cache. This is the full rate, not a surcharge on `input`.
        package var cacheWrite: Double?
        /// Output tokens, reasoning included.
        package var output: Double

        package init(input: Double, cachedInput: Double? = nil, cacheWrite: Double? = nil, output: Double) {
            self.input = input
            self.cachedInput = cachedInput
            self.cacheWrite = cacheWrite
            self.output = output
        }
    }

    /// The rates for long requests. They apply to all tokens of the request, not only to those above the bound.
    package struct Tier: Sendable, Equatable {
        /// The tier applies to requests with more input tokens than this.
        package var above: Int
        package var rates: Rates

        package init(above: Int, _ rates: Rates) {
            self.above = above
            self.rates = rates
        }
    }

    /// The rates below the first tier.
    package var rates: Rates
    /// In ascending order of `above`.
    package var tiers: [Tier]

    package init(_ rates: Rates, tiers: [Tier] = []) {
        self.rates = rates
        self.tiers = tiers
    }

    package init(
        input: Double, cachedInput: Double? = nil, cacheWrite: Double? = nil, output: Double, tiers: [Tier] = []
    ) {
        self.init(
            Rates(input: input, cachedInput: cachedInput, cacheWrite: cacheWrite, output: output), tiers: tiers)
    }

    package var input: Double { rates.input }
    package var cachedInput: Double? { rates.cachedInput }
    package var cacheWrite: Double? { rates.cacheWrite }
    package var output: Double { rates.output }
}

extension Price {
    /// The cost in micro-USD, rounded half up once over the sum; nil if it is unknown.
    ///
    /// 1. The tier is chosen by the total input, cached reads and writes included.
    /// 2. A nil number of cached reads or writes counts as 0: providers leave the field out when there are none.
    /// 3. An unknown rate makes the cost unknown (nil, not 0) if any token is charged at it. Exception: if input is
    ///    free, so are cached reads and writes. An unknown number of tokens makes the cost unknown too, unless its rate
    ///    is 0.
    /// 4. Token numbers that are negative, contradict each other or overflow make the cost unknown.
    ///
    /// Rates are rounded to a millionth of a USD per million tokens.
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

    /// The rates for a request with this many input tokens; nil if the number is unknown and the tiers differ.
    package func rates(forInput tokens: Int?) -> Rates? {
        guard let tokens else { return tiers.allSatisfy { $0.rates == rates } ? rates : nil }
        return tiers.last { tokens > $0.above }?.rates ?? rates
    }

    /// The cost in picodollars (10⁻¹² USD): one token at a rate of 0.000001 USD per million tokens costs one
    /// picodollar.
    private static func picodollars(_ tokens: Int?, at rate: Double?) -> Int? {
        if tokens == 0 || rate == 0 { return (tokens ?? 0) < 0 ? nil : 0 }
        guard let tokens, tokens > 0, let rate, rate > 0, let unit = Int(exactly: (rate * 1_000_000).rounded()) else {
            return nil
        }
        let (product, overflows) = tokens.multipliedReportingOverflow(by: unit)
        return overflows ? nil : product
    }
}
