internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Answers one `generate` or `stream`: finds the candidates, makes the attempts that `AttemptChain` asks for, hands
/// their content to the call, and ends it.
@Loop
final class Generation: AttemptMaker {
    let context: Relay.Context
    let call: Call
    /// Its content is dropped as soon as no other candidate can be asked.
    private(set) var request: Request
    let isStream: Bool
    /// `timeout_ms` of the request.
    private let timeoutMilliseconds: Int?
    let progress: ProgressReporter?
    /// The answer of the attempt in progress; without the content of a stream.
    var answer = Answer(model: "", provider: "")
    private(set) var isCommitted = false
    private var firstContentAt: UInt64?
    private var isRequestCharged = true

    // The attempt in progress.

    private(set) var ticket: Ticket?
    var reply: UpstreamReply?
    /// True while the call is charged for the body that is sent upstream, as it is from its admission.
    var isBodyCharged = true
    var isReplyCharged = false
    /// The content streamed so far.
    private var delivered = UseOfAttempts.Delivered()
    /// True if the request may have reached the provider.
    var wasSent = false
    /// The names of tools that the provider knows under other names.
    var toolNames: ToolNames?
    /// Members of the request that the server refused and that were left out when it was sent again.
    var refused: Set<String> = []
    /// The context window that the server was asked for.
    var contextWindow: Int?

    // An answer without content.

    /// The last complete answer without content, which the client gets if no attempt brings more.
    private var emptyAnswer: Answer?
    private(set) var isBlameless = false
    /// The index of its use in `call.record.failed`, once another attempt has begun.
    private var emptyUse: Int?

    init(_ context: Relay.Context, _ call: Call, _ request: Request, isStream: Bool, timeoutMilliseconds: Int?) {
        self.context = context
        self.call = call
        self.request = request
        self.isStream = isStream
        self.timeoutMilliseconds = timeoutMilliseconds
        progress = request.wantsProgress ? ProgressReporter(call) : nil
    }

    func run() async {
        guard let chain = begin() else { return }
        if call.isLong { await Loop.nextTurn() }
        do throws(UltraError) {
            try await chain.run(self)
            end(chain, nil)
        } catch {
            end(chain, error)
        }
    }

    /// Finds the candidates; nil: the call has ended with an error.
    @inline(never)
    private func begin() -> AttemptChain? {
        let request = request
        do throws(UltraError) {
            let candidates = try context.registry.candidates(
                for: request.model, requiring: RequiredCapabilities(request), fallback: request.fallback)
            let first = candidates[0]
            try context.admission.admit(call, first, UseEstimate.tokens(request, for: first.provider.id))
            call.reached(first.id)
            let limit = totalLimit
            return AttemptChain(
                context, call, candidates, total: limit.total, isOwnDeadline: limit.isOwn, request.timeouts)
        } catch {
            call.fail(error)
            return nil
        }
    }

    @inline(never)
    private func end(_ chain: AttemptChain, _ error: UltraError?) {
        let isAnswered = error == nil || takeEmptyAnswer()
        guard isAnswered else {
            progress?.stop()
            var error = call.cancellation ?? error
            error?.attempts = chain.attempts
            call.record.answer = answer
            if let error { call.fail(error) }
            return
        }
        answer.attempts = chain.attempts
        answer.timing.queue = chain.queueMilliseconds
        answer.timing.total = call.elapsedMilliseconds
        answer.cache = call.record.cache
        // Moved, because a copy of an answer takes a count for each of its members.
        var result = Answer(model: "", provider: "")
        swap(&answer, &result)
        call.end(.success(.answer(result)))
        // Only now, so that the client need not wait for it.
        chain.learn(from: self)
    }

    /// Takes the answer without content in place of an error; returns false if there is none.
    private func takeEmptyAnswer() -> Bool {
        guard let empty = emptyAnswer, !isCommitted, call.cancellation == nil else { return false }
        if let index = emptyUse {
            // Attempts after it failed. Its own use is that of the answer now.
            call.record.addFailed(answer, in: context.registry)
            call.record.removeFailed(at: index)
        }
        answer = empty
        answer.warnings.append("empty_answer: the model ended its answer and said nothing, however often it was asked")
        return true
    }

    /// The limit for all attempts together; nil: none. `isOwn` is true if the client set it.
    private var totalLimit: (total: Duration?, isOwn: Bool) {
        let own = [request.timeouts.total, timeoutMilliseconds].compactMap { $0 }.min()
        if let own { return (.milliseconds(own), true) }
        return (isStream ? nil : context.timeouts.unaryTotal, false)
    }

    // MARK: - Attempts

    func attempt(_ ticket: Ticket) async -> UltraError? {
        begin(ticket)
        let error: UltraError?
        switch ticket.candidate.channel {
        case .mock(let mock): error = await play(mock, model: ticket.candidate.name)
        case .command(let command): error = await run(command, ticket)
        case .http: error = await relay()
        }
        if error == nil { price(ticket) }
        if call.record.pass != nil { countUse(ticket, error) }
        return error
    }

    @inline(never)
    private func begin(_ ticket: Ticket) {
        // Keep the use of the failed attempt before: the provider bills it.
        let index = call.record.failed.count
        if answer.usage != Usage() { call.record.addFailed(answer, in: context.registry) }
        if isBlameless, call.record.failed.count > index { emptyUse = index }
        isBlameless = false
        self.ticket = ticket
        reply = nil
        firstContentAt = nil
        delivered = UseOfAttempts.Delivered()
        wasSent = ticket.candidate.channel.isLocalProgram
        toolNames = nil
        refused = []
        contextWindow = nil
        answer = Answer(model: ticket.candidate.id, provider: ticket.candidate.provider.id)
        answer.cache = call.record.cache
    }

    @inline(never)
    private func price(_ ticket: Ticket) {
        guard case .upstream = ticket.candidate.target else { return }
        let price = rates(of: ticket)
        answer.costMicroUSD = price?.cost(of: answer.usage)
        call.record.priced = (answer.model, price)
    }

    /// The price of the model that answered, or else was asked; nil: not known.
    private func rates(of ticket: Ticket) -> Price? {
        guard case .upstream = ticket.candidate.target else { return nil }
        return ticket.candidate.provider.price(of: ticket.candidate.model, answeredAs: answer.providerModel)
    }

    @inline(never)
    private func countUse(_ ticket: Ticket, _ error: UltraError?) {
        var delivered = delivered
        if !isStream {
            let pieces = answer.reasoning.map(\.text) + answer.toolCalls.map(\.arguments) + [answer.text]
            for piece in pieces where !piece.isEmpty { delivered.add(piece.utf8.count) }
        }
        context.admission.attemptUsed(call, answer, error, wasSent: wasSent, delivered, rates(of: ticket))
    }

    var firstContentMilliseconds: Double? {
        guard let firstContentAt, let ticket else { return nil }
        return Double(firstContentAt - ticket.startedAt) / 1e6
    }

    var contentHash: Int {
        var bytes = CanonicalBytes()
        bytes.request(request, CacheScope(models: []))
        return bytes.bytes.hashValue
    }

    var prompt: PromptText { PromptText(request) }

    func isShaped(for provider: String) -> Bool { request.providerOptions[provider] != nil }

    func restart() -> Bool {
        guard request.restartsMidStream else { return false }
        call.restart()
        progress?.resume()
        isCommitted = false
        return true
    }

    /// Turns a complete answer without content into a failure, so that another attempt is made. It does not count
    /// against the model, which may have nothing to say.
    @inline(never)
    func emptied() -> UltraError {
        if let ticket { price(ticket) }
        emptyAnswer = answer
        emptyUse = nil
        isBlameless = true
        return UltraError(
            .upstreamProtocol, "\(answer.model) ended its answer and said nothing", provider: answer.provider,
            model: answer.model, status: 200, requestID: answer.requestID, isRetryable: true)
    }

    // MARK: - Content

    /// Records the events of the reply, and hands a stream's content on. Nothing reaches the client before the first
    /// content, so that until then another candidate may answer.
    func deliver(_ events: [AnswerEvent]) {
        for event in events {
            if isStream, case .text(let text) = event {
                delivered.add(text.utf8.count)
                continue
            }
            if isStream { count(event) }
            answer.receive(event, keepsContent: !isStream)
        }
        if answer.timing.firstToken == nil {
            guard events.contains(where: { $0.isContent }) else { return }
            began()
        }
        if isStream { call.receive(events) }
    }

    @inline(never)
    private func began() {
        answer.timing.firstToken = call.elapsedMilliseconds
        firstContentAt = EventLoop.now
        learn()
        progress?.stop()
        if isStream {
            isCommitted = true
            forgetRequest()
        }
        call.start(answer)
    }

    private func count(_ event: AnswerEvent) {
        switch event {
        case .text(let text), .reasoning(let text): delivered.add(text.utf8.count)
        case .toolCall(let call): delivered.add(call.arguments.utf8.count)
        case .reasoningSignature, .providerModel, .usage, .finish, .warning: break
        }
    }

    /// Drops the content of the request, once the answer has begun and cannot begin again.
    private func forgetRequest() {
        guard isRequestCharged, !request.restartsMidStream, call.requestBytes >= ByteAccount.requestBytes else {
            return
        }
        isRequestCharged = false
        request.messages = []
        request.tools = []
        request.providerOptions = [:]
        request.responseFormat = .text
        call.hold(-call.requestBytes)
    }
}

extension Candidate.Channel {
    /// True for a program of this machine, whose use begins with its start.
    fileprivate var isLocalProgram: Bool {
        if case .http = self { false } else { true }
    }
}
