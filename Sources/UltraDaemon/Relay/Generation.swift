internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Answers one `generate` or `stream`: finds who may answer, relays the reply, and ends the call.
@Loop
final class Generation {
    private let daemon: Daemon
    private let call: Call
    private let request: Request
    private let isStream: Bool
    /// `timeout_ms` of the frame.
    private let timeoutMilliseconds: Int?
    private let progress: ProgressReporter?
    private var answer = Answer(model: "", provider: "")
    /// Content of the answer has reached the client.
    private var isCommitted = false

    init(_ daemon: Daemon, _ call: Call, _ request: Request, isStream: Bool, timeoutMilliseconds: Int?) {
        self.daemon = daemon
        self.call = call
        self.request = request
        self.isStream = isStream
        self.timeoutMilliseconds = timeoutMilliseconds
        progress = request.wantsProgress ? ProgressReporter(call) : nil
    }

    func run() async {
        do throws(UltraError) {
            let candidates = try daemon.registry.candidates(
                for: request.model, needs: Needs(request), fallback: request.fallback)
            try daemon.admit(call, candidates[0], UseEstimate.tokens(request))
            daemon.requestBegan(call, model: candidates[0].id)
            let limit = totalLimit
            let chain = AttemptChain(
                daemon, call, candidates, total: limit.total, isOwnDeadline: limit.isOwn, request.timeouts)
            do throws(UltraError) {
                try await chain.run(
                    isCommitted: { isCommitted }, restart: restart, progress: progress
                ) { ticket throws(UltraError) in
                    try await attempt(ticket)
                }
            } catch {
                progress?.stop()
                var error = call.cancellation ?? error
                error.attempts = chain.attempts
                daemon.requestEnded(call, answer, error)
                throw error
            }
            answer.attempts = chain.attempts
            answer.timing.queue = chain.queueMilliseconds
            answer.timing.total = elapsedMilliseconds
            daemon.requestEnded(call, answer, nil)
            // An answer without content begins all the same.
            if isStream, !isCommitted { call.send { $0.start($1, answer) } }
            call.end { isStream ? $0.done($1, answer) : $0.result($1, answer) }
        } catch {
            call.fail(error)
        }
    }

    private var elapsedMilliseconds: Double { Double(EventLoop.now - call.startedAt) / 1e6 }

    /// How long everything may take together, and whether the client says so.
    private var totalLimit: (total: Duration?, isOwn: Bool) {
        let own = [request.timeouts.total, timeoutMilliseconds].compactMap { $0 }.min()
        if let own { return (.milliseconds(own), true) }
        return (isStream ? nil : daemon.timeouts.unaryTotal, false)
    }

    // MARK: - Attempts

    /// One try; returns the milliseconds to its first content.
    private func attempt(_ ticket: AttemptChain.Ticket) async throws(UltraError) -> Double? {
        let candidate = ticket.candidate
        daemon.attemptEnded(call, answer)
        let attempts = answer.attempts
        answer = Answer(model: candidate.id, provider: candidate.provider.id)
        answer.attempts = attempts
        switch candidate.target {
        case .mock(let mock):
            try await play(mock.plan(request, model: candidate.name))
            return nil
        case .upstream:
            let started = EventLoop.now
            var firstContent: UInt64?
            if case .command(let command) = candidate.provider.provider.backend {
                try await run(command, ticket) { firstContent = firstContent ?? EventLoop.now }
            } else {
                try await relay(ticket) { firstContent = firstContent ?? EventLoop.now }
            }
            answer.costMicroUSD = candidate.model.facts.price?.value.cost(of: answer.usage)
            return firstContent.map { Double($0 - started) / 1e6 }
        }
    }

    /// The answer broke off in the client's sight; true: it was told to forget what came.
    private func restart() -> Bool {
        guard request.restartsMidStream else { return false }
        call.send { $0.restart($1) }
        isCommitted = false
        return true
    }

    private func relay(_ ticket: AttemptChain.Ticket, onContent: () -> Void) async throws(UltraError) {
        let candidate = ticket.candidate
        let request = SignatureTag.own(self.request, of: candidate.provider.id)
        let adapter = try candidate.provider.adapter(key: ticket.key).serving(request, model: candidate.name)
        let encoded = try adapter.encode(request, model: candidate.name, isStream: isStream)
        answer.warnings = encoded.warnings
        let exchange = daemon.transport.start(encoded.http, timeouts(candidate, remaining: ticket.remaining))
        progress?.watch(exchange, loadsModel: candidate.provider.isLocal && candidate.model.health.isLoading)
        var decoder = ReplyDecoder(
            adapter, isStream: isStream, model: candidate.id, replyID: daemon.nextReplyID(),
            includesReasoning: request.reasoning?.isIncluded ?? true)
        try await read(exchange, &decoder, candidate, onContent: onContent)
        answer.requestID = decoder.requestID
    }

    private func read(
        _ exchange: Exchange, _ decoder: inout ReplyDecoder, _ candidate: Candidate, onContent: () -> Void
    ) async throws(UltraError) {
        var bytes: [UInt8] = []
        var events: [AnswerEvent] = []
        let head: HTTPHead
        do throws(TransportError) {
            head = try await exchange.head()
            decoder.receive(head, now: time(nil))
        } catch {
            throw UltraError(error, provider: candidate.provider.id, model: candidate.id)
        }
        while !decoder.isComplete {
            var failure: UltraError?
            do throws(TransportError) {
                if try await exchange.read(into: &bytes) {
                    failure = Self.decode(
                        { (events) throws(UltraError) in try decoder.receive(bytes, into: &events) }, into: &events)
                } else {
                    failure = Self.decode(
                        { (events) throws(UltraError) in try decoder.finish(into: &events) }, into: &events)
                }
            } catch {
                // A stream cut after its last word is whole: the decoder knows.
                if isStream, error.kind == .connectionLost {
                    failure = Self.decode(
                        { (events) throws(UltraError) in try decoder.finish(into: &events) }, into: &events)
                } else {
                    failure = UltraError(
                        error, provider: candidate.provider.id, model: candidate.id, head, decoder.requestID)
                }
            }
            if !events.isEmpty {
                exchange.contentBegan()
                for index in events.indices { events[index].tagSignature(candidate.provider.id) }
                deliver(events, onContent: onContent)
                events.removeAll(keepingCapacity: true)
            }
            if let failure {
                exchange.cancel()
                throw failure
            }
            if call.isCongested { await call.drained() }
        }
        exchange.finishAlone(within: daemon.limits.lingering)
    }

    private static func decode(
        _ step: (inout [AnswerEvent]) throws(UltraError) -> Void, into events: inout [AnswerEvent]
    ) -> UltraError? {
        do throws(UltraError) {
            try step(&events)
            return nil
        } catch {
            return error
        }
    }

    /// Takes in what the reply said, and hands a stream's content on. What precedes the first content (the model's
    /// name, usage) waits with it: until then another candidate may answer.
    private func deliver(_ events: [AnswerEvent], onContent: () -> Void) {
        for event in events { answer.receive(event, keepsContent: !isStream) }
        if answer.timing.firstToken == nil {
            guard events.contains(where: \.isContent) else { return }
            answer.timing.firstToken = elapsedMilliseconds
            onContent()
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

    private func run(
        _ command: DockerCommand, _ ticket: AttemptChain.Ticket, onContent: @escaping () -> Void
    ) async throws(UltraError) {
        let candidate = ticket.candidate
        let relay = CommandRelay(command: command, timeouts: timeouts(candidate, remaining: ticket.remaining))
        answer.warnings = try await relay.run(request, model: candidate.name) { events in
            deliver(events, onContent: onContent)
            if call.isCongested { await call.drained() }
        }
    }

    // MARK: - Mock

    /// Plays the mock's answer with the delays it asks for.
    private func play(_ plan: MockPlan) async throws(UltraError) {
        answer.isMock = true
        answer.costMicroUSD = 0
        var plan = plan
        while let step = plan.next() {
            if step.delayMilliseconds > 0 {
                do throws(CancellationError) {
                    try await Loop.sleep(for: .milliseconds(step.delayMilliseconds))
                } catch {
                    throw UltraError(.cancelled, "the request was cancelled")
                }
            }
            deliver(step.events, onContent: {})
            if call.isCongested { await call.drained() }
        }
        if let failure = plan.failure { throw failure }
    }
}

extension AnswerEvent {
    /// A part of the answer itself, which the client sees as it comes.
    fileprivate var isContent: Bool {
        switch self {
        case .text, .reasoning, .reasoningSignature, .toolCall: true
        case .providerModel, .usage, .finish: false
        }
    }
}
