internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Answers one `generate` or `stream`: finds who may answer, relays the reply, and ends the call.
@Loop
final class Generation: AttemptMaker {
    private let daemon: Daemon
    private let call: Call
    private let request: Request
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
    /// The tools of the attempt, where they are called otherwise upstream.
    private var toolNames: ToolNames?
    /// What the attempt's server refused of the request, and was sent again without.
    private var refused: Set<String> = []
    /// The window the attempt's server was asked to make room for.
    private var contextWindow: Int?

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
                for: request.model, needs: Needs(request), fallback: request.fallback)
            try daemon.admit(call, candidates[0], UseEstimate.tokens(request))
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
        guard error == nil else {
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
        switch ticket.candidate.means {
        case .mock(let mock): error = await play(mock, model: ticket.candidate.name)
        case .command(let command): error = await run(command, ticket)
        case .http: error = await relay()
        }
        if error == nil { price(ticket) }
        return error
    }

    @inline(never)
    private func begin(_ ticket: Ticket) {
        // What an attempt before it is billed for counts, although it failed.
        daemon.attemptEnded(call, answer)
        self.ticket = ticket
        reply = nil
        firstContentAt = nil
        toolNames = nil
        refused = []
        contextWindow = nil
        answer = Answer(model: ticket.candidate.id, provider: ticket.candidate.provider.id)
    }

    @inline(never)
    private func price(_ ticket: Ticket) {
        guard case .upstream = ticket.candidate.target else { return }
        answer.costMicroUSD = ticket.candidate.model.facts.price?.value.cost(of: answer.usage)
    }

    var firstContentMilliseconds: Double? {
        guard let firstContentAt, let ticket else { return nil }
        return Double(firstContentAt - ticket.startedAt) / 1e6
    }

    func restart() -> Bool {
        guard request.restartsMidStream else { return false }
        call.send { $0.restart($1) }
        call.flight?.restarted()
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
                self.reply = nil
                return sendWithout(reply) ?? .ended(error)
            case .nothing: return .awaitArrival
            case .more: if call.isCongested { return .awaitClient }
            }
        }
        reply.exchange.finishAlone(within: daemon.limits.lingering)
        answer.requestID = reply.requestID
        learn()
        return .ended(nil)
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
            facts.leastWindow = max(facts.leastWindow, contextWindow ?? 0)
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
        answer.warnings = encoded.warnings
        toolNames = encoded.toolNames
        contextWindow = encoded.contextWindow
        let exchange = daemon.transport.start(encoded.http, timeouts(candidate, remaining: remaining(of: ticket)))
        progress?.watch(exchange, loadsModel: candidate.provider.isLocal && candidate.model.health.isLoading)
        let decoder = ReplyDecoder(
            adapter, isStream: isStream, model: candidate.id, replyID: daemon.nextReplyID(),
            includesReasoning: request.reasoning?.isIncluded ?? true)
        return UpstreamReply(exchange, decoder, candidate, isStream: isStream)
    }

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
            if isStream, case .text = event { continue }
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
                call.send { $0.start($1, answer) }
            }
        }
        guard isStream else { return }
        call.send { writer, id in
            for event in events { writer.event(id, event) }
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
            answer.warnings = try await relay.run(request, model: candidate.name) { events in
                deliver(events)
                if call.isCongested { await call.drained() }
            }
            return nil
        } catch {
            return error
        }
    }

    // MARK: - Mock

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
        while let step = plan.next() {
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
