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
