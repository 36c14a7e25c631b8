internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Everything that is recorded of one request, from its admission to its end; no prompt, no answer, no key.
///
/// `Call` holds it while the request runs. The cache splits a request that several clients share: the flight's record has
/// the upstream work, and that of the client's request the rest.
@Loop
struct RequestRecord {
    enum Part: Sendable {
        case whole
        /// The upstream work of a flight, on behalf of several requests.
        case work
        /// A request without its upstream work, which a flight records.
        case request
    }

    /// Unique among the requests of this process. A flight has that of the request that began it.
    let number: Int
    let caller: Caller
    let operation: OperationName
    /// Monotonic clock, nanoseconds.
    let startedAt: UInt64
    var part = Part.whole

    // Until the end.

    /// As the client wrote it; nil: it named none.
    var modelAsked: String?
    var tags: [String] = []
    /// The first candidate, or the model of the flight that the request joined; nil: the request was refused before.
    private(set) var firstModel: String?
    /// The state of the answer in the cache, if it is fetched upstream.
    var cache = Answer.CacheState.off
    /// Attempts that failed after their provider had reported usage.
    private(set) var failed: [(usage: Usage, costMicroUSD: Int?)] = []
    /// The budgets' reservation for the request; nil: no budget applies.
    var pass: Budgets.Pass?
    /// The budgets' estimate of input tokens.
    var admittedInput = 0
    /// The use of all attempts, for the budgets; kept only if one applies.
    var attempts = UseOfAttempts()

    // At the end.

    /// The answer, or what is known of it after a failure. Set before the end by the relay and the cache where the result
    /// of the call does not say it.
    var answer: Answer?
    /// nil: the request succeeded.
    private(set) var error: UltraError?
    /// From the start to the end.
    private(set) var nanoseconds: UInt64 = 0
    /// The use of all attempts together; nil: the request reached no model.
    private(set) var use: Use?

    /// What a request used, at which price.
    struct Use: Sendable {
        /// Milliseconds since 1970.
        var endedAt: Int
        /// `provider/model` that answered, or was asked last.
        var model: String
        var provider: String
        /// True if a provider lists the model, or it has answered: a client may have made up any other name.
        var isModelKnown: Bool
        /// nil: no price is known.
        var price: Price.Rates?
        /// nil: the provider did not say.
        var usage: Usage
        /// nil: not known.
        var costMicroUSD: Int?
    }

    init(_ number: Int, _ operation: OperationName, of caller: Caller) {
        self.number = number
        self.operation = operation
        self.caller = caller
        startedAt = EventLoop.now
    }

    /// The record of the upstream work that `request` begins.
    init(workOf request: RequestRecord) {
        self.init(request.number, request.operation, of: request.caller)
        part = .work
        modelAsked = request.modelAsked
        tags = request.tags
        cache = .miss
    }

    var hasReachedModel: Bool { firstModel != nil }

    var milliseconds: Double { Double(nanoseconds) / 1e6 }

    /// Removes the use of a failed attempt.
    mutating func removeFailed(at index: Int) {
        failed.remove(at: index)
    }

    mutating func reach(_ model: String) {
        firstModel = model
    }

    /// Keeps the use of an attempt that failed.
    /// - Parameter answer: what came of the attempt.
    mutating func addFailed(_ answer: Answer, in registry: Registry) {
        guard answer.usage != Usage() else { return }
        let price = registry.price(of: answer.model, answer.provider, answeredAs: answer.providerModel)
        failed.append((answer.usage, price?.cost(of: answer.usage)))
    }

    /// Completes the record.
    mutating func end(_ result: Result<ResultBody, UltraError>, in registry: Registry) {
        nanoseconds = EventLoop.now - startedAt
        switch result {
        case .failure(let error): self.error = error
        case .success(.answer(let answer)): self.answer = self.answer ?? answer
        case .success(.embeddings), .success(.report): break
        }
        guard let firstModel else { return }
        let answer = self.answer ?? Answer(model: "", provider: "")
        self.answer = answer
        use = use(of: answer, firstModel, registry)
    }

    private func use(of answer: Answer, _ firstModel: String, _ registry: Registry) -> Use {
        let model = answer.model.isEmpty ? error?.model ?? firstModel : answer.model
        let provider = answer.provider.isEmpty ? String(model.prefix { $0 != "/" }) : answer.provider
        let price =
            answer.isMock ? nil : registry.price(of: model, provider, answeredAs: answer.providerModel)
        let chain = ChainUse(answer, error, price: price, failed: failed)
        var use = Use(
            endedAt: RealTime.now, model: model, provider: provider,
            isModelKnown: error.map { registry.isKnown($0.model ?? answer.model) } ?? true,
            price: price?.rates(forInput: answer.usage.inputTokens), usage: chain.usage,
            costMicroUSD: chain.costMicroUSD)
        guard pass != nil, attempts.isEstimated else { return use }
        // The estimate that a budget counts is recorded too, so that the budget holds after a restart.
        use.usage.inputTokens = attempts.inputTokens
        use.usage.outputTokens = attempts.outputTokens
        use.usage.source = .estimated
        if price != nil { use.costMicroUSD = attempts.microUSD }
        return use
    }
}

extension Registry {
    /// The price of a model; nil: not known.
    /// - Parameters:
    ///   - model: `provider/model`.
    ///   - answered: the model that the provider says it used.
    func price(of model: String, _ provider: String, answeredAs answered: String?) -> Price? {
        guard let provider = self.provider(provider), let name = model.afterSlash(of: provider.id) else { return nil }
        return provider.price(of: provider.model(name), answeredAs: answered)
    }
}
