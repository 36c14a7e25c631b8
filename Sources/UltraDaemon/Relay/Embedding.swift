internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Answers one `embed`, with as many requests to one model as the provider's limit on inputs makes necessary.
@Loop
final class Embedding: AttemptMaker {
    private let daemon: Daemon
    private let call: Call
    private let request: EmbedRequest
    private let timeoutMilliseconds: Int?
    private var result = Embeddings()
    private var requestID: String?
    private var warnings: [String] = []
    private var candidate: Candidate?

    init(_ daemon: Daemon, _ call: Call, _ request: EmbedRequest, timeoutMilliseconds: Int?) {
        self.daemon = daemon
        self.call = call
        self.request = request
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    func run() async {
        do throws(UltraError) {
            let candidates = try daemon.registry.candidates(for: request.model, needs: Needs(request))
            try daemon.admit(call, candidates[0], UseEstimate.tokens(request))
            daemon.requestBegan(call, model: candidates[0].id)
            let own = [request.timeouts.total, timeoutMilliseconds].compactMap { $0 }.min()
            let chain = AttemptChain(
                daemon, call, candidates, total: own.map { .milliseconds($0) } ?? daemon.timeouts.unaryTotal,
                isOwnDeadline: own != nil, request.timeouts)
            do throws(UltraError) {
                try await chain.run(self)
            } catch {
                var error = call.cancellation ?? error
                error.attempts = chain.attempts
                daemon.requestEnded(call, answer, error)
                throw error
            }
            var counted = answer
            counted.attempts = chain.attempts
            finish(chain.attempts)
            chain.learn(from: self)
            daemon.requestEnded(call, counted, nil)
        } catch {
            call.fail(error)
        }
    }

    // The client gets all vectors or none, so an attempt can always be repeated.
    var isCommitted: Bool { false }
    var progress: ProgressReporter? { nil }
    var isBlameless: Bool { false }
    var firstContentMilliseconds: Double? { nil }
    func restart() -> Bool { false }

    var contentHash: Int {
        var bytes = CanonicalBytes()
        bytes.request(request, CacheScope(models: []))
        return bytes.bytes.hashValue
    }

    var prompt: PromptText { PromptText(request) }

    func isShaped(for provider: String) -> Bool { request.providerOptions[provider] != nil }

    func attempt(_ ticket: Ticket) async -> UltraError? {
        var failure: UltraError?
        do throws(UltraError) {
            try await embed(ticket)
        } catch {
            failure = error
        }
        if call.use.pass != nil {
            daemon.attemptUsed(
                call, answer, failure, wasSent: true, UseOfAttempts.Delivered(),
                ticket.candidate.model.facts.price?.value)
        }
        return failure
    }

    private func embed(_ ticket: Ticket) async throws(UltraError) {
        candidate = ticket.candidate
        guard case .upstream = ticket.candidate.target else {
            throw UltraError(
                .capabilityMissing, "the mock has no embeddings", hint: "name an embedding model of a provider",
                provider: ticket.candidate.provider.id, model: ticket.candidate.id)
        }
        let adapter = try ticket.candidate.provider.adapter(key: ticket.key)
        var whole = Embeddings()
        var tokens: Int? = 0
        var rest = request.input[...]
        while !rest.isEmpty {
            var part = request
            part.input = Array(rest.prefix(adapter.embedBatchLimit))
            rest = rest.dropFirst(part.input.count)
            let reply = try await fetch(part, adapter, ticket)
            whole.vectors += reply.vectors
            whole.dimensions = reply.dimensions ?? whole.dimensions
            whole.providerModel = reply.providerModel ?? whole.providerModel
            tokens = reply.inputTokens.flatMap { count in tokens.map { $0 + count } }
        }
        whole.inputTokens = tokens
        result = whole
    }

    private func fetch(
        _ part: EmbedRequest, _ adapter: any Adapter, _ ticket: Ticket
    ) async throws(UltraError) -> Embeddings {
        let candidate = ticket.candidate
        let encoded = try adapter.encodeEmbed(part, model: candidate.name)
        for warning in candidate.warnings + encoded.warnings where !warnings.contains(warning) {
            warnings.append(warning)
        }
        let limits = ExchangeTimeouts(
            connect: request.timeouts.connect.map { .milliseconds($0) } ?? daemon.timeouts.connect,
            total: ticket.remaining.map { .milliseconds($0) })
        let document = Document(
            daemon.transport, adapter, model: candidate.id, limitBytes: daemon.limits.replyBytes)
        let reply = try await document.fetch(encoded.http, limits, isFresh: ticket.needsFreshConnection) {
            (reader) throws(JSONError) in
            try adapter.decodeEmbeddings(&reader)
        }
        requestID = document.requestID ?? requestID
        guard reply.vectors.count == part.input.count else {
            throw UltraError(
                .upstreamProtocol,
                "\(candidate.provider.id) sent \(reply.vectors.count) vectors for \(part.input.count) inputs",
                provider: candidate.provider.id, model: candidate.id, status: 200, requestID: requestID,
                isRetryable: true)
        }
        return reply
    }

    /// The answer in the form in which the books record it.
    private var answer: Answer {
        var answer = Answer(model: candidate?.id ?? "", provider: candidate?.provider.id ?? "")
        answer.usage = usage
        answer.cache = call.use.cache
        answer.costMicroUSD = cost
        answer.timing.total = call.elapsedMilliseconds
        return answer
    }

    private var usage: Usage {
        Usage(
            inputTokens: result.inputTokens, outputTokens: result.inputTokens == nil ? nil : 0,
            source: result.inputTokens == nil ? .unknown : .measured)
    }

    private var cost: Int? { candidate?.model.facts.price?.value.cost(of: usage) }

    private func finish(_ attempts: [Attempt]) {
        guard let candidate else { return }
        var answer = EmbedAnswer(model: candidate.id, provider: candidate.provider.id, result)
        answer.costMicroUSD = cost
        answer.attempts = attempts
        answer.requestID = requestID
        answer.warnings = warnings
        call.end(.success(.embeddings(answer)))
    }
}
