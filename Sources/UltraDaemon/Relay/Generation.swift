internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Answers one `generate` or `stream`: picks who answers, relays the reply, reports the outcome.
@Loop
struct Generation {
    let daemon: Daemon
    let call: Call
    let request: Request
    let isStream: Bool
    /// `timeout_ms` of the frame.
    let timeoutMilliseconds: Int?

    func run() async {
        do throws(UltraError) {
            let candidate = try daemon.registry.candidate(for: request.model)
            daemon.usage.began()
            var answer = Answer(model: candidate.id, provider: candidate.provider)
            answer.timing.queue = elapsedMilliseconds
            do throws(UltraError) {
                switch candidate.target {
                case .mock(let mock): try await play(mock.plan(request, model: candidate.name), into: &answer)
                case .upstream(let provider): try await relay(candidate, provider, into: &answer)
                }
            } catch {
                daemon.usage.failed(at: time(nil))
                var error = call.cancellation ?? error
                if error.code != .cancelled || error.provider != nil {
                    error.attempts = [attempt(candidate.id, error)]
                }
                throw error
            }
            answer.timing.total = elapsedMilliseconds
            answer.attempts = [attempt(candidate.id, nil)]
            daemon.usage.succeeded(answer, at: time(nil))
            call.end { isStream ? $0.done($1, answer) : $0.result($1, answer) }
        } catch {
            call.fail(error)
        }
    }

    private var elapsedMilliseconds: Double { Double(EventLoop.now - call.startedAt) / 1e6 }

    private func attempt(_ model: String, _ error: UltraError?) -> Attempt {
        Attempt(model: model, error: error?.code, status: error.map(\.status) ?? 200, milliseconds: elapsedMilliseconds)
    }

    // MARK: - Upstream

    private func relay(
        _ candidate: Candidate, _ provider: ProviderState, into answer: inout Answer
    ) async throws(UltraError) {
        let adapter = try provider.adapter()
        let encoded = try adapter.encode(request, model: candidate.name, isStream: isStream)
        answer.warnings = encoded.warnings
        provider.inFlight += 1
        defer { provider.inFlight -= 1 }
        let exchange = daemon.transport.start(encoded.http, timeouts(provider))
        let progress = request.wantsProgress ? ProgressReporter(call, exchange) : nil
        defer { progress?.stop() }
        var decoder = ReplyDecoder(
            adapter, isStream: isStream, model: candidate.id, replyID: daemon.nextReplyID(),
            includesReasoning: request.reasoning?.isIncluded ?? true)
        do throws(UltraError) {
            try await read(exchange, &decoder, candidate, progress, into: &answer)
            answer.requestID = decoder.requestID
            provider.record(nil, by: .live, model: candidate.name)
        } catch {
            provider.record(error, by: .live)
            throw error
        }
    }

    private func read(
        _ exchange: Exchange, _ decoder: inout ReplyDecoder, _ candidate: Candidate, _ progress: ProgressReporter?,
        into answer: inout Answer
    ) async throws(UltraError) {
        var bytes: [UInt8] = []
        var events: [AnswerEvent] = []
        do throws(TransportError) {
            decoder.receive(try await exchange.head(), now: time(nil))
        } catch {
            throw UltraError(error, provider: candidate.provider, model: candidate.id)
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
                    failure = UltraError(error, provider: candidate.provider, model: candidate.id)
                }
            }
            if !events.isEmpty {
                progress?.stop()
                exchange.contentBegan()
                deliver(events, into: &answer)
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

    private func deliver(_ events: [AnswerEvent], into answer: inout Answer) {
        if answer.timing.firstToken == nil {
            answer.timing.firstToken = elapsedMilliseconds
            if isStream { call.send { $0.start($1, answer) } }
        }
        for event in events { answer.receive(event, keepsContent: !isStream) }
        guard isStream else { return }
        call.send { writer, id in
            for event in events { writer.event(id, event) }
        }
    }

    private func timeouts(_ provider: ProviderState) -> ExchangeTimeouts {
        let asked = request.timeouts
        let defaults = daemon.timeouts
        let slow = provider.isLocal || request.reasoning != nil
        var total = asked.total.map { Duration.milliseconds($0) } ?? (isStream ? nil : defaults.unaryTotal)
        if let limit = timeoutMilliseconds.map({ Duration.milliseconds($0) }) {
            total = min(total ?? limit, limit)
        }
        return ExchangeTimeouts(
            connect: asked.connect.map { .milliseconds($0) } ?? defaults.connect,
            firstToken: asked.firstToken.map { .milliseconds($0) }
                ?? (slow ? defaults.slowFirstToken : defaults.firstToken),
            idle: asked.idle.map { .milliseconds($0) } ?? defaults.idle, total: total)
    }

    // MARK: - Mock

    /// Plays the mock's answer with the delays it asks for.
    private func play(_ plan: MockPlan, into answer: inout Answer) async throws(UltraError) {
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
            deliver(step.events, into: &answer)
            if call.isCongested { await call.drained() }
        }
        if let failure = plan.failure { throw failure }
    }
}
