internal import UltraProviders

/// `price = {…}`: a price whose parts may be missing while it is read.
struct PriceTable: Sendable, Equatable {
    var input: Double?
    var cachedInput: Double?
    var cacheWrite: Double?
    var output: Double?

    init() {}

    init(_ price: Price) {
        input = price.input
        cachedInput = price.cachedInput
        cacheWrite = price.cacheWrite
        output = price.output
    }

    /// `nil` without input or output.
    var price: Price? {
        guard let input, let output else { return nil }
        return Price(input: input, cachedInput: cachedInput, cacheWrite: cacheWrite, output: output)
    }
}
