internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Everything that is recorded of one request, from its admission to its end; no prompt and no key.
///
/// A class, because copying so many members for each observer costs more than counting them. `Call` holds it while the request runs. The cache splits a request that several clients share: the flight's record has
/// the upstream work, and that of the client's request the rest.
@Loop
final class RequestRecord {
    enum Part: Sendable {
        case whole
        /// The upstream work of a flight, on behalf of several requests.
        case work
        /// A request without its upstream work, which a flight records.
        case request
    }

    /// Unique among the requests of this process, those that were refused included. A flight has that of the request that began it.
    let number: Int
    let caller: Caller
    /// nil: the request was refused before its operation was known.
    let operation: OperationName?
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
    /// of the call does not say it. Its content never leaves the record.
    var answer = Answer(model: "", provider: "")
    /// The price by which the cost of `answer` was reckoned, and the model it is of; nil: not reckoned.
    var priced: (model: String, price: Price?)?
    /// nil: the request succeeded.
    private(set) var error: UltraError?
    /// From the start to the end.
    private(set) var nanoseconds: UInt64 = 0

    // At the end of a request that reached a model.

    /// Milliseconds since 1970.
    private(set) var endedAt = 0
    /// `provider/model` that answered, or was asked last.
    private(set) var model = ""
    private(set) var provider = ""
    /// True if a provider lists the model, or it has answered: a client may have made up any other name.
    private(set) var isModelKnown = true
    /// nil: no price is known.
    private(set) var price: Price.Rates?
    /// The use of all attempts together; nil members: the provider did not say.
    private(set) var usage = Usage()
    /// The cost of all attempts together; nil: not known.
    private(set) var costMicroUSD: Int?

    init(_ number: Int, _ operation: OperationName?, of caller: Caller) {
        self.number = number
        self.operation = operation
        self.caller = caller
        startedAt = EventLoop.now
    }

    /// The record of the upstream work that `request` begins.
    convenience init(workOf request: RequestRecord) {
        self.init(request.number, request.operation, of: request.caller)
        part = .work
        modelAsked = request.modelAsked
        tags = request.tags
        cache = .miss
    }

    var hasReachedModel: Bool { firstModel != nil }

    /// True if the record has the use of a request: it reached a model, and no flight records it.
    var hasUse: Bool { part != .request && hasReachedModel }

    /// True for a request to a model that ended before it reached one. A flight that ends so is not a request.
    var isRefused: Bool { error != nil && part != .work && !hasReachedModel && operation?.asksModel == true }

    var milliseconds: Double { Double(nanoseconds) / 1e6 }

    func reach(_ model: String) {
        firstModel = model
    }

    /// Keeps the use of an attempt that failed.
    /// - Parameter answer: The answer of the attempt.
    func addFailed(_ answer: Answer, in registry: Registry) {
        guard answer.usage != Usage() else { return }
        let price = registry.price(of: answer.model, answer.provider, answeredAs: answer.providerModel)
        failed.append((answer.usage, price?.cost(of: answer.usage)))
    }

    /// Removes the use of a failed attempt.
    func removeFailed(at index: Int) {
        failed.remove(at: index)
    }

    /// Completes the record.
    func end(_ result: Result<ResultBody, UltraError>, in registry: Registry) {
        nanoseconds = EventLoop.now - startedAt
        switch result {
        case .failure(let error): self.error = error
        case .success(.answer(let answer)): if self.answer.model.isEmpty { self.answer = answer }
        case .success(.embeddings), .success(.report): break
        }
        if let firstModel { sumUp(firstModel, registry) }
    }

    private func sumUp(_ firstModel: String, _ registry: Registry) {
        endedAt = RealTime.now
        model = answer.model.isEmpty ? error?.model ?? firstModel : answer.model
        provider = answer.provider.isEmpty ? String(model.prefix { $0 != "/" }) : answer.provider
        if let error { isModelKnown = registry.isKnown(error.model ?? answer.model) }
        let price: Price?
        if answer.isMock {
            price = nil
        } else if let priced, priced.model == model, error == nil {
            price = priced.price
        } else {
            price = registry.price(of: model, provider, answeredAs: answer.providerModel)
        }
        self.price = price?.rates(forInput: answer.usage.inputTokens)
        let chain = ChainUse(answer.usage, answer.costMicroUSD, error, price: price, failed: failed)
        (usage, costMicroUSD) = (chain.usage, chain.costMicroUSD)
        guard pass != nil, attempts.isEstimated else { return }
        // The estimate that a budget counts is recorded too, so that the budget holds after a restart.
        usage.inputTokens = attempts.inputTokens
        usage.outputTokens = attempts.outputTokens
        usage.source = .estimated
        if price != nil { costMicroUSD = attempts.microUSD }
    }
}

extension OperationName {
    /// True if a model answers it.
    fileprivate var asksModel: Bool {
        switch self {
        case .generate, .stream, .embed: true
        case .hello, .ping, .cancel, .models, .status, .probe, .usage, .subscribe, .metrics, .reload, .cacheClear: false
        }
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
