internal import Glibc
internal import UltraProviders
internal import UltraSystem

/// A model that may answer a request.
struct Candidate {
    enum Target {
        case mock(Mock)
        case upstream
    }

    let provider: ProviderState
    let model: ModelState
    let target: Target

    /// The way in which a request reaches the model.
    enum Channel {
        case mock(Mock)
        case command(DockerCommand)
        case http
    }

    @Loop
    var channel: Channel {
        if case .mock(let mock) = target { return .mock(mock) }
        if case .command(let command) = provider.provider.backend { return .command(command) }
        return .http
    }

    /// Warnings for the client about this choice, each `code: sentence`.
    @Loop
    var warnings: [String] {
        guard case .upstream = target, provider.lacks(model) else { return [] }
        return ["not_listed: \(provider.id) does not list \(name)"]
    }

    /// The facts that shape the request: learnt from earlier replies, configured, or taken from the list of models.
    @Loop
    var wireFacts: WireFacts {
        var facts = provider.learntFacts(of: model.name)
        facts.returnReasoning = model.settings.returnReasoning
        facts.contextWindow = model.facts.contextWindow?.value
        facts.window = provider.settings.window
        if !provider.settings.omit.isEmpty { facts.omitted.formUnion(provider.settings.omit) }
        return facts
    }

    /// `provider/model`.
    var id: String { model.id }
    /// The provider's name for the model.
    var name: String { model.name }
}

/// The order in which candidates are tried. Pure: the caller passes the random number generator.
struct CandidateOrder {
    struct Option: Sendable, Equatable {
        var weight: Double
        /// Mean time to first token, in milliseconds; nil: not measured yet.
        var latency: Double?
        /// USD for a million input tokens plus a million output tokens; nil: unknown.
        var price: Double?

        init(weight: Double = 1, latency: Double? = nil, price: Double? = nil) {
            self.weight = weight
            self.latency = latency
            self.price = price
        }
    }

    /// One in this many requests tries a candidate other than the fastest first, to keep its latency measured.
    static let explorationShare = 20

    /// Returns indices of `options`, the first to try first. The result is empty only if `options` is.
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
            // Candidates without a measurement come first, so that they get one.
            var order = listed.sorted { (options[$0].latency ?? -1, $0) < (options[$1].latency ?? -1, $1) }
            if Int.random(in: 0..<explorationShare, using: &random) == 0 {
                order.swapAt(0, Int.random(in: 1..<order.count, using: &random))
            }
            return order
        case .cheapest:
            return listed.sorted { (options[$0].price ?? .infinity, $0) < (options[$1].price ?? .infinity, $1) }
        }
    }

    /// A weighted random permutation (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
    /// Options of weight 0 are left out, unless all weights are 0.
    private static func shuffled(_ options: [Option], using random: inout some RandomNumberGenerator) -> [Int] {
        let drawn = options.indices.filter { options[$0].weight > 0 }
        guard !drawn.isEmpty else { return Array(options.indices) }
        let keys = options.map { -log(1 - Double.random(in: 0..<1, using: &random)) / $0.weight }
        return drawn.sorted { (keys[$0], $0) < (keys[$1], $1) }
    }
}
