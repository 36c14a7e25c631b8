internal import Glibc

/// Puts several models that may answer into the order in which they are asked. Pure but for the random source.
struct CandidateOrder {
    struct Option: Sendable, Equatable {
        var weight: Double
        /// Milliseconds to the first token lately; nil: nobody knows.
        var latency: Double?
        /// What a million tokens in and out cost together; nil: nobody knows.
        var price: Double?

        init(weight: Double = 1, latency: Double? = nil, price: Double? = nil) {
            self.weight = weight
            self.latency = latency
            self.price = price
        }
    }

    /// One in so many requests goes to another than the fastest, to learn whether that is still so.
    static let explorationShare = 20

    /// Indices of `options`, who is asked first first; never empty if `options` is not.
    static func order(
        _ options: [Option], _ strategy: RoutingSettings.Strategy, using random: inout some RandomNumberGenerator
    ) -> [Int] {
        let listed = Array(options.indices)
        guard listed.count > 1 else { return listed }
        switch strategy {
        case .ordered:
            return listed
        case .weighted:
            return shuffled(options, using: &random)
        case .fastest:
            // Who was never measured is asked, so that it is.
            var order = listed.sorted { (options[$0].latency ?? -1, $0) < (options[$1].latency ?? -1, $1) }
            if Int.random(in: 0..<explorationShare, using: &random) == 0 {
                order.swapAt(0, Int.random(in: 1..<order.count, using: &random))
            }
            return order
        case .cheapest:
            return listed.sorted { (options[$0].price ?? .infinity, $0) < (options[$1].price ?? .infinity, $1) }
        }
    }

    /// A draw without putting back, in proportion to the weights (Efraimidis and Spirakis 2006). Weight 0 is out, unless
    /// all have it.
    private static func shuffled(_ options: [Option], using random: inout some RandomNumberGenerator) -> [Int] {
        let drawn = options.indices.filter { options[$0].weight > 0 }
        guard !drawn.isEmpty else { return Array(options.indices) }
        let keys = options.map { -log(1 - Double.random(in: 0..<1, using: &random)) / $0.weight }
        return drawn.sorted { (keys[$0], $0) < (keys[$1], $1) }
    }
}
