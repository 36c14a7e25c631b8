internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Answers one `embed`, with as many requests to one model as the provider's limit on inputs makes necessary.
@Loop
final class Embedding: AttemptMaker, LongReply {
    private let context: Relay.Context
    private let call: Call
    private let request: EmbedRequest
    private let timeoutMilliseconds: Int?
    private var result = Embeddings()
    private var requestID: String?
    private var warnings: [String] = []
    private var candidate: Candidate?
    /// Bytes charged to the call: vectors, and the reply that is being read.
    private var held = 0
    private var waiting: UnsafeContinuation<Void, Never>?

    init(_ context: Relay.Context, _ call: Call, _ request: EmbedRequest, timeoutMilliseconds: Int?) {
        self.context = context
        self.call = call
        self.request = request
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    func run() async {
        // Runs after the call has ended, which gives back what it holds.
        defer { call.memory.replyEnded(self) }
        do throws(UltraError) {
            let candidates = try context.registry.candidates(
                for: request.model, requiring: RequiredCapabilities(request))
            try context.admission.admit(call, candidates[0], UseEstimate.tokens(request))
            call.reached(candidates[0].id)
            let own = [request.timeouts.total, timeoutMilliseconds].compactMap { $0 }.min()
            let chain = AttemptChain(
                context, call, candidates, total: own.map { .milliseconds($0) } ?? context.timeouts.unaryTotal,
                isOwnDeadline: own != nil, request.timeouts)
            do throws(UltraError) {
                try await chain.run(self)
            } catch {
                var error = call.cancellation ?? error
                error.attempts = chain.attempts
                call.record.answer = answer
                throw error
            }
            finish(chain.attempts)
            chain.learn(from: self)
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
        hold(-held)
        do throws(UltraError) {
            try await embed(ticket)
        } catch {
            failure = error
        }
        if call.record.pass != nil {
            context.admission.attemptUsed(
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
        var vectorBytes = 0
        var rest = request.input[...]
        while !rest.isEmpty {
            // Each part after the first is one more request to the provider.
            if rest.count < request.input.count { context.admission.askedAgain(call) }
            var part = request
            part.input = Array(rest.prefix(adapter.embedBatchLimit))
            rest = rest.dropFirst(part.input.count)
            let reply = try await fetch(part, adapter, ticket)
            whole.vectors += reply.vectors
            let byteCount = reply.vectors.reduce(0) { $0 + $1.bytes.count }
            hold(byteCount)
            vectorBytes += byteCount
            guard vectorBytes <= context.limits.frameBytes else { throw tooLong(ticket) }
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
            connect: request.timeouts.connect.map { .milliseconds($0) } ?? context.timeouts.connect,
            total: ticket.remaining.map { .milliseconds($0) })
        // A longer reply cannot become an answer, which is one frame; twice, because JSON may hold white space.
        let limitBytes = min(context.limits.replyBytes, 2 * context.limits.frameBytes)
        let document = Document(context.transport, adapter, model: candidate.id, limitBytes: limitBytes)
        let before = held
        defer { hold(before - held) }
        let reply = try await document.fetch(
            encoded.http, limits, isFresh: ticket.needsFreshConnection,
            onBytes: { [self] count in
                hold(UpstreamReply.copies * count)
                await turn()
            }
        ) { (reader) throws(JSONError) in
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

    private func tooLong(_ ticket: Ticket) -> UltraError {
        UltraError(
            .tooLarge, "the vectors have more than \(context.limits.frameBytes) bytes, the most an answer may have",
            hint: "send fewer inputs at once, ask for fewer dimensions, or raise limits.frame_bytes",
            provider: ticket.candidate.provider.id, model: ticket.candidate.id, requestID: requestID)
    }

    // MARK: - Memory

    /// Charges `change` more bytes to the user, or gives them back.
    private func hold(_ change: Int) {
        call.hold(change)
        held += change
    }

    /// Returns when more of the reply may be read: of a user beyond its share, one reply at a time is.
    private func turn() async {
        while !Task.isCancelled, call.memory.mustWait(self) {
            await withTaskCancellationHandler {
                await withUnsafeContinuation(isolation: Loop.shared) { continuation in
                    if Task.isCancelled { return continuation.resume() }
                    waiting = continuation
                }
            } onCancel: {
                Loop.perform { self.goOn() }
            }
        }
    }

    var user: ByteAccount.User { call.user }
    var number: Int { call.record.number }
    var isHeld: Bool { held > 0 }

    func roomMayBeFree() -> Bool {
        guard call.memory.mayRead(self) else { return false }
        goOn()
        return true
    }

    func goOn() {
        let continuation = waiting
        waiting = nil
        continuation?.resume()
    }

    // MARK: - End

    /// The answer in the form in which the books record it.
    private var answer: Answer {
        var answer = Answer(model: candidate?.id ?? "", provider: candidate?.provider.id ?? "")
        answer.usage = usage
        answer.cache = call.record.cache
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
        var recorded = answer
        recorded.attempts = attempts
        call.record.answer = recorded
        var answer = EmbedAnswer(model: candidate.id, provider: candidate.provider.id, result)
        answer.costMicroUSD = cost
        answer.attempts = attempts
        answer.requestID = requestID
        answer.warnings = warnings
        call.end(.success(.embeddings(answer)))
    }
}
