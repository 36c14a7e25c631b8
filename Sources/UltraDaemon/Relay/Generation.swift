internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Answers one `generate` or `stream`: finds who may answer, relays the reply, and ends the call.
@Loop
final class Generation: AttemptMaker {
    private let daemon: Daemon
    private let call: Call
    /// Without its content once nobody can be asked again.
    private var request: Request
    private let isStream: Bool
    /// `timeout_ms` of the frame.
    private let timeoutMilliseconds: Int?
    let progress: ProgressReporter?
    private var answer = Answer(model: "", provider: "")
    /// Content of the answer has reached the client.
    private(set) var isCommitted = false
    /// The attempt under way, and what has come of it.
    private var ticket: Ticket?
    private var reply: UpstreamReply?
    private var firstContentAt: UInt64?
    /// The call is charged for the body that is sent, as for every request at first.
    private var isBodyCharged = true
    private var isRequestCharged = true
    private var isReplyCharged = false
    /// Content of this attempt's stream.
    private var delivered = UseOfAttempts.Delivered()
    /// The request of this attempt reached the provider, or was about to.
    private var wasSent = false
    /// The tools of the attempt, where they are called otherwise upstream.
    private var toolNames: ToolNames?
    /// What the attempt's server refused of the request, and was sent again without.
    private var refused: Set<String> = []
    /// The window the attempt's server was asked to make room for.
    private var contextWindow: Int?
    /// The last answer that was complete and held nothing, for the client if no attempt brings more.
    private var emptyAnswer: Answer?
    /// The last attempt brought it.
    private(set) var isBlameless = false
    /// Where its use stands among that of failed attempts, once another attempt has begun.
    private var emptyUse: Int?

    init(_ daemon: Daemon, _ call: Call, _ request: Request, isStream: Bool, timeoutMilliseconds: Int?) {
        self.daemon = daemon
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

    /// Finds who may answer; nil: the call has ended with an error.
    @inline(never)
    private func begin() -> AttemptChain? {
        do throws(UltraError) {
            let candidates = try daemon.registry.candidates(
                for: request.model, requiring: RequiredCapabilities(request), fallback: request.fallback)
            try daemon.admit(call, candidates[0], UseEstimate.tokens(request, for: candidates[0].provider.id))
            daemon.requestBegan(call, model: candidates[0].id)
            let limit = totalLimit
            return AttemptChain(
                daemon, call, candidates, total: limit.total, isOwnDeadline: limit.isOwn, request.timeouts)
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
            daemon.requestEnded(call, answer, error)
            if let error { call.fail(error) }
            return
        }
        answer.attempts = chain.attempts
        answer.timing.queue = chain.queueMilliseconds
        answer.timing.total = elapsedMilliseconds
        if call.flight != nil { answer.cache = .miss }
        let whole = answer
        call.flight?.ended(.answer(whole))
        // An answer without content begins all the same.
        if isStream, !isCommitted { call.send { $0.start($1, whole) } }
        call.end { isStream ? $0.done($1, whole) : $0.result($1, whole) }
        // The client has its answer: it need not wait for the books.
        chain.learn(from: self)
        daemon.requestEnded(call, whole, nil)
    }

    /// Makes the answer that holds nothing the client's, if there is one: no attempt brought more.
    private func takeEmptyAnswer() -> Bool {
        guard let empty = emptyAnswer, !isCommitted, call.cancellation == nil else { return false }
        if let index = emptyUse {
            // The attempts after it failed; its own use is that of the answer.
            daemon.attemptEnded(call, answer)
            call.use.failed.remove(at: index)
        }
        answer = empty
        answer.warnings.append("empty_answer: the model ended its answer and said nothing, however often it was asked")
        return true
    }

    private var elapsedMilliseconds: Double { Double(EventLoop.now - call.startedAt) / 1e6 }

    /// How long everything may take together, and whether the client says so.
    private var totalLimit: (total: Duration?, isOwn: Bool) {
        let own = [request.timeouts.total, timeoutMilliseconds].compactMap { $0 }.min()
        if let own { return (.milliseconds(own), true) }
        return (isStream ? nil : daemon.timeouts.unaryTotal, false)
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
        if call.use.pass != nil { countUse(ticket, error) }
        return error
    }

    @inline(never)
    private func begin(_ ticket: Ticket) {
        // What an attempt before it is billed for counts, although it failed.
        let index = call.use.failed.count
        daemon.attemptEnded(call, answer)
        if isBlameless, call.use.failed.count > index { emptyUse = index }
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
    }

    @inline(never)
    private func price(_ ticket: Ticket) {
        guard case .upstream = ticket.candidate.target else { return }
        answer.costMicroUSD = rates(of: ticket)?.cost(of: answer.usage)
    }

    /// The price of the model that answered, or was asked.
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
        daemon.attemptUsed(call, answer, error, wasSent: wasSent, delivered, rates(of: ticket))
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
        call.send { $0.restart($1) }
        call.flight?.restarted()
        progress?.resume()
        isCommitted = false
        return true
    }

    /// A stream spends its life here, so that this frame holds nothing: the work is done in `advance`.
    private func relay() async -> UltraError? {
        while true {
            switch advance() {
            case .awaitArrival: await reply?.exchange.arrival()
            case .awaitClient: await call.drained()
            case .ended(let error): return error
            }
        }
    }

    private enum Advance {
        case awaitArrival
        /// It has not taken what was sent.
        case awaitClient
        case ended(UltraError?)
    }

    /// Relays what has arrived, and says what is to be waited for.
    @inline(never)
    private func advance() -> Advance {
        guard let reply else { return send() }
        while !reply.isComplete {
            let found = reply.look()
            if !reply.events.isEmpty { deliver(reply) }
            switch found {
            case .failure(let error):
                reply.exchange.cancel()
                wasSent = reply.exchange.phase >= .waiting
                reply.release()
                self.reply = nil
                return sendWithout(reply) ?? .ended(error)
            case .nothing: return .awaitArrival
            case .more: if call.isCongested { return .awaitClient }
            }
        }
        wasSent = true
        reply.exchange.finishAlone(within: daemon.limits.lingering)
        answer.requestID = reply.requestID
        learn()
        return .ended(reply.isEmptyAnswer ? emptied() : nil)
    }

    /// An answer without anything in it is no answer as long as somebody else may be asked, or the same once more. It
    /// is nobody's fault: a model may have nothing to say.
    @inline(never)
    private func emptied() -> UltraError {
        if let ticket { price(ticket) }
        emptyAnswer = answer
        emptyUse = nil
        isBlameless = true
        return UltraError(
            .upstreamProtocol, "\(answer.model) ended its answer and said nothing", provider: answer.provider,
            model: answer.model, status: 200, requestID: answer.requestID, isRetryable: true)
    }

    /// Most members that one attempt is sent again without, one after the other.
    private static let refusalLimit = 4

    /// Sends the request again within its attempt if the server refused a member it can do without; nil: it did not,
    /// or nothing would change.
    @inline(never)
    private func sendWithout(_ reply: UpstreamReply) -> Advance? {
        guard let ticket, !isCommitted, refused.count < Self.refusalLimit else { return nil }
        let known = ticket.candidate.wireFacts.omitted.union(refused)
        guard let member = reply.refusedMember(known: known) else { return nil }
        guard let before = try? encoded(ticket) else { return nil }
        let earlier = refused
        refused.formUnion(member.names)
        guard let after = try? encoded(ticket), after.http.body != before.http.body else {
            refused = earlier
            return nil
        }
        return send()
    }

    /// The server answered what it was sent: it is sent that from now on.
    private func learn() {
        guard let ticket else { return }
        guard !refused.isEmpty || contextWindow != nil else { return }
        ticket.candidate.provider.learn(of: ticket.candidate.name) { facts in
            facts.omitted.formUnion(refused)
            facts.minimumWindow = max(facts.minimumWindow, contextWindow ?? 0)
        }
    }

    private func encoded(_ ticket: Ticket) throws(UltraError) -> EncodedRequest {
        let candidate = ticket.candidate
        let own = SignatureTag.own(request, of: candidate.provider.id) ?? request
        var facts = candidate.wireFacts
        facts.omitted.formUnion(refused)
        return try candidate.provider.adapter(key: ticket.key).serving(own, model: candidate.name)
            .encode(own, model: candidate.name, isStream: isStream, facts: facts)
    }

    private func send() -> Advance {
        guard let ticket else { return .ended(nil) }
        do throws(UltraError) {
            if let own = SignatureTag.own(request, of: ticket.candidate.provider.id) {
                reply = try send(own, ticket)
            } else {
                reply = try send(request, ticket)
            }
            return .awaitArrival
        } catch {
            return .ended(error)
        }
    }

    /// Sends the request to the candidate in its provider's words.
    private func send(_ request: Request, _ ticket: Ticket) throws(UltraError) -> UpstreamReply {
        let candidate = ticket.candidate
        let adapter = try candidate.provider.adapter(key: ticket.key).serving(request, model: candidate.name)
        var facts = candidate.wireFacts
        if !refused.isEmpty { facts.omitted.formUnion(refused) }
        let encoded = try adapter.encode(request, model: candidate.name, isStream: isStream, facts: facts)
        answer.warnings = candidate.warnings + encoded.warnings
        toolNames = encoded.toolNames
        contextWindow = encoded.contextWindow
        let exchange = daemon.transport.start(
            encoded.http, timeouts(candidate, remaining: remaining(of: ticket)), isFresh: ticket.needsFreshConnection)
        hold(exchange)
        progress?.watch(exchange, loadsModel: candidate.provider.isLocal && candidate.model.health.isLoading)
        let decoder = ReplyDecoder(
            adapter, isStream: isStream, model: candidate.id, replyID: daemon.nextReplyID(),
            includesReasoning: request.reasoning?.isIncluded ?? true, limits: daemon.limits.reply)
        return UpstreamReply(exchange, decoder, candidate, call, limitBytes: documentLimitBytes, isStream: isStream)
    }

    /// Charges what this attempt takes, and has it given back as soon as it is given up.
    private func hold(_ exchange: Exchange) {
        call.hold((isReplyCharged ? 0 : ByteAccount.replyBytes) + (isBodyCharged ? 0 : call.frameBytes))
        (isReplyCharged, isBodyCharged) = (true, true)
        exchange.holder = call
        guard call.frameBytes >= ByteAccount.requestBytes else { return }
        exchange.onBodySent = { [weak self] in
            guard let self, isBodyCharged else { return }
            isBodyCharged = false
            call.hold(-call.frameBytes)
        }
    }

    /// The answer has begun and can only be finished: what was asked is not needed any more.
    private func forgetRequest() {
        guard !request.restartsMidStream, call.frameBytes >= ByteAccount.requestBytes, isRequestCharged else { return }
        isRequestCharged = false
        request.messages = []
        request.tools = []
        request.providerOptions = [:]
        request.responseFormat = .text
        call.hold(-call.frameBytes)
    }

    /// A longer document cannot become a `result`: that is one frame, and a character may take twice as many bytes in the
    /// provider's JSON as in the frame's UTF-8. A stream is cut into frames, so only `limits.reply_bytes` bounds it.
    private var documentLimitBytes: Int { isStream ? .max : 2 * daemon.limits.frameBytes }

    /// What is left of the attempt's time when it is sent again.
    private func remaining(of ticket: Ticket) -> Int? {
        guard !refused.isEmpty else { return ticket.remaining }
        return ticket.remaining.map { max(1, $0 - Int((EventLoop.now - ticket.startedAt) / 1_000_000)) }
    }

    private func deliver(_ reply: UpstreamReply) {
        reply.exchange.contentBegan()
        for index in reply.events.indices where reply.events[index].isSignable {
            reply.events[index].tagSignature(answer.provider)
            if let toolNames { reply.events[index].restoreToolName(toolNames) }
        }
        deliver(reply.events)
        reply.events.removeAll(keepingCapacity: true)
    }

    /// Takes in what the reply said, and hands a stream's content on. What precedes the first content (the model's
    /// name, usage) waits with it: until then another candidate may answer.
    private func deliver(_ events: [AnswerEvent]) {
        for event in events {
            if isStream, case .text(let text) = event {
                delivered.add(text.utf8.count)
                continue
            }
            if isStream { count(event) }
            answer.receive(event, keepsContent: !isStream)
        }
        call.flight?.receive(events, of: answer)
        if answer.timing.firstToken == nil {
            guard events.contains(where: { $0.isContent }) else { return }
            answer.timing.firstToken = elapsedMilliseconds
            firstContentAt = EventLoop.now
            learn()
            progress?.stop()
            if isStream {
                isCommitted = true
                forgetRequest()
                call.send { $0.start($1, answer) }
            }
        }
        guard isStream else { return }
        call.send { writer, id in
            for event in events { writer.event(id, event) }
        }
    }

    private func count(_ event: AnswerEvent) {
        switch event {
        case .text(let text), .reasoning(let text): delivered.add(text.utf8.count)
        case .toolCall(let call): delivered.add(call.arguments.utf8.count)
        case .reasoningSignature, .providerModel, .usage, .finish, .warning: break
        }
    }

    private func timeouts(_ candidate: Candidate, remaining: Int?) -> ExchangeTimeouts {
        let asked = request.timeouts
        let defaults = daemon.timeouts
        let reasons = candidate.model.capabilities?.contains(.reasoning) == true || request.reasoning != nil
        let slow = candidate.provider.isLocal || reasons
        return ExchangeTimeouts(
            connect: asked.connect.map { .milliseconds($0) } ?? defaults.connect,
            firstToken: asked.firstToken.map { .milliseconds($0) }
                ?? (slow ? defaults.slowFirstToken : defaults.firstToken),
            idle: asked.idle.map { .milliseconds($0) } ?? defaults.idle,
            total: remaining.map { .milliseconds($0) })
    }

    // MARK: - Programs

    private func run(_ command: DockerCommand, _ ticket: Ticket) async -> UltraError? {
        let candidate = ticket.candidate
        let relay = CommandRelay(command: command, timeouts: timeouts(candidate, remaining: ticket.remaining))
        do throws(UltraError) {
            answer.warnings =
                try await candidate.warnings
                + relay.run(request, model: candidate.name) { events in
                    deliver(events)
                    if call.isCongested { await call.drained() }
                }
            return nil
        } catch {
            return error
        }
    }

    // MARK: - Mock

    /// Some milliseconds of work.
    private static let mockStepsPerTurn = 2000

    /// Plays the mock's answer with the delays it asks for.
    private func play(_ mock: Mock, model: String) async -> UltraError? {
        answer.isMock = true
        answer.costMicroUSD = 0
        var plan: MockPlan
        do throws(UltraError) {
            plan = try mock.plan(request, model: model)
        } catch {
            return error
        }
        var stepCount = 0
        while let step = plan.next() {
            stepCount += 1
            if stepCount.isMultiple(of: Self.mockStepsPerTurn) {
                await Loop.nextTurn()
                if Task.isCancelled { return UltraError(.cancelled, "the request was cancelled") }
            }
            if step.delayMilliseconds > 0 {
                do throws(CancellationError) {
                    try await Loop.sleep(for: .milliseconds(step.delayMilliseconds))
                } catch {
                    return UltraError(.cancelled, "the request was cancelled")
                }
            }
            deliver(step.events)
            if call.isCongested { await call.drained() }
        }
        return plan.failure
    }
}

extension AnswerEvent {
    /// A part of the answer itself, which the client sees as it comes.
    fileprivate var isContent: Bool {
        switch self {
        case .text, .reasoning, .reasoningSignature, .toolCall: true
        case .providerModel, .usage, .finish, .warning: false
        }
    }
}

extension Candidate.Channel {
    /// What it is asked by a program costs what it costs from the start.
    fileprivate var isLocalProgram: Bool {
        if case .http = self { false } else { true }
    }
}
