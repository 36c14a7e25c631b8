/// What a model costs.
package struct Price: Sendable, Equatable {
    /// USD per million tokens. `nil` means that no such price is known.
    package struct Rates: Sendable, Hashable {
        /// Input that was neither read from the provider's cache nor written to it.
        package var input: Double
        /// Input read from the cache.
        package var cachedInput: Double?
        /// Input written to the cache: all it costs, not a surcharge.
        package var cacheWrite: Double?
        /// Output, reasoning included.
        package var output: Double

        package init(input: Double, cachedInput: Double? = nil, cacheWrite: Double? = nil, output: Double) {
            self.input = input
            self.cachedInput = cachedInput
            self.cacheWrite = cacheWrite
            self.output = output
        }
    }

    /// What a long request costs, all of it and not only what is above the bound.
    package struct Tier: Sendable, Equatable {
        /// The tier holds for more input tokens than these.
        package var above: Int
        package var rates: Rates

        package init(above: Int, _ rates: Rates) {
            self.above = above
            self.rates = rates
        }
    }

    /// Up to the first tier.
    package var rates: Rates
    /// By ascending bound.
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
