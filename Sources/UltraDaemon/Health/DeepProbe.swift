internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// A probe that makes a model generate one token or one embedding. It costs money, so it counts against a daily budget;
/// it bypasses the cache. Its outcome is recorded as a probe's evidence.
@Loop
struct DeepProbe {
    let context: ProbeContext
    let candidate: Candidate

    init(_ context: ProbeContext, _ candidate: Candidate) {
        self.context = context
        self.candidate = candidate
    }

    /// Runs the probe and records its outcome.
    /// - Returns: the error of the request, or the reason why none was sent; nil: the model answered, or is the mock.
    @discardableResult
    func run() async -> UltraError? {
        candidate.model.deepProbedAt = WallClock.now
        guard case .upstream = candidate.target else { return nil }
        guard candidate.model.kind != .other else {
            return refusal(.capabilityMissing, "the model has neither chat nor embeddings, so it cannot be probed", nil)
        }
        let provider = candidate.provider
        let key = provider.health.keyToProbe(at: WallClock.now)
        let registry = context.registry
        let price = candidate.model.facts.price?.value
        let budget = context.configuration.health.deepProbeMicroUSDPerDay
        guard
            let reservation = registry.probeSpend.reserve(
                price?.cost(of: Self.expectedUsage) ?? 0, of: budget, at: RealTime.now)
        else {
            return refusal(
                .quotaExceeded, "today's budget for deep probes is used up",
                "try again tomorrow, or raise health.deep_probe_usd_per_day")
        }
        let askedAt = WallClock.now
        do throws(UltraError) {
            let usage = try await askInQueue(key)
            registry.probeSpend.settle(reservation, cost: price?.cost(of: usage) ?? reservation.microUSD)
            registry.record(nil, of: candidate, key: key, askedAt: askedAt, from: .probe)
            return nil
        } catch {
            // A request that was refused or never sent is free; one that broke off may have been charged.
            let isRefused =
                error.code == .connectFailed || error.provider == "ultrad" || error.status.map { $0 >= 300 } ?? false
            registry.probeSpend.settle(reservation, cost: isRefused ? 0 : reservation.microUSD)
            registry.record(error, of: candidate, key: key, askedAt: askedAt, from: .probe)
            return error
        }
    }

    /// Sends the request once the provider's concurrency limit allows it.
    private func askInQueue(_ key: Int) async throws(UltraError) -> Usage {
        let gate = candidate.provider.gate
        try await gate.enter(Self.client, within: context.timeouts.queue)
        defer { gate.leave(Self.client) }
        if case .command(let command) = candidate.channel { return try await ask(command) }
        return try await ask(try candidate.provider.adapter(key: key))
    }

    /// The daemon as a client in the provider's queue.
    private static let client = ConcurrencyGate.Client(uid: getuid(), pid: getpid())

    /// An upper estimate of the tokens of "ping" with any provider's prompt template, and one token of output.
    private static let expectedUsage = Usage(inputTokens: 20, outputTokens: 1, source: .estimated)

    private func refusal(_ code: ErrorCode, _ message: String, _ hint: String?) -> UltraError {
        UltraError(code, message, hint: hint, provider: "ultrad", model: candidate.id)
    }

    private func ask(_ adapter: any Adapter) async throws(UltraError) -> Usage {
        let timeouts = ExchangeTimeouts(
            connect: context.timeouts.connect,
            total: candidate.provider.isLocal ? context.timeouts.slowFirstToken : context.timeouts.firstToken)
        if candidate.model.kind == .embeddings {
            let encoded = try adapter.encodeEmbed(EmbedRequest(input: ["ping"]), model: candidate.name)
            let reply = try await Document(
                context.transport, adapter, model: candidate.id, limitBytes: Self.replyLimit
            ).fetch(encoded.http, timeouts) { (reader) throws(JSONError) in try adapter.decodeEmbeddings(&reader) }
            return Usage(inputTokens: reply.inputTokens, outputTokens: 0, source: .measured)
        }
        let serving = adapter.serving(Self.request, model: candidate.name)
        let encoded = try serving.encode(
            Self.request, model: candidate.name, isStream: false, facts: candidate.wireFacts)
        let exchange = context.transport.start(encoded.http, timeouts)
        let limits = ReplyLimits(event: Self.replyLimit, document: Self.replyLimit)
        var decoder = ReplyDecoder(serving, isStream: false, model: candidate.id, limits: limits)
        var answer = Answer(model: candidate.id, provider: candidate.provider.id)
        var events: [AnswerEvent] = []
        var bytes: [UInt8] = []
        defer { exchange.cancel() }
        decoder.receive(
            try await transported { () throws(TransportError) in try await exchange.head() }, now: time(nil))
        while try await transported({ () throws(TransportError) in try await exchange.read(into: &bytes) }) {
            try decoder.receive(bytes, into: &events)
            for event in events { answer.receive(event, keepsContent: false) }
            events.removeAll(keepingCapacity: true)
        }
        if !decoder.isComplete { try decoder.finish(into: &events) }
        for event in events { answer.receive(event, keepsContent: false) }
        return answer.usage
    }

    /// Performs one step of the transfer and converts its error.
    private func transported<Value>(
        _ step: @Loop () async throws(TransportError) -> Value
    ) async throws(UltraError) -> Value {
        do throws(TransportError) {
            return try await step()
        } catch {
            throw UltraError(error, provider: candidate.provider.id, model: candidate.id)
        }
    }

    /// Bytes; far more than a reply to "ping" needs.
    private static let replyLimit = 1 << 20

    private static var request: Request {
        var request = Request(messages: [Message(.user, [.text("ping")])])
        request.sampling.maxTokens = 1
        return request
    }

    /// Probes a model of Docker Model Runner through its command-line program.
    private func ask(_ command: DockerCommand) async throws(UltraError) -> Usage {
        guard candidate.model.kind != .embeddings else {
            throw refusal(.capabilityMissing, "docker model has no embeddings, so the model cannot be probed", nil)
        }
        var answer = Answer(model: candidate.id, provider: candidate.provider.id)
        var request = Self.request
        // The program has no option that limits the tokens.
        request.sampling.maxTokens = nil
        let timeouts = ExchangeTimeouts(
            connect: context.timeouts.connect, firstToken: context.timeouts.slowFirstToken,
            total: context.timeouts.slowFirstToken)
        try await CommandRelay(command: command, timeouts: timeouts).run(request, model: candidate.name) { events in
            for event in events { answer.receive(event, keepsContent: false) }
        }
        return answer.usage
    }
}

/// Deep probes of several models, up to `atOnce` at a time.
@Loop
final class DeepProbes {
    struct Finding {
        let candidate: Candidate
        let milliseconds: Double
        /// nil: the model answered.
        let failure: UltraError?
    }

    static let atOnce = 4

    private let context: ProbeContext
    private let candidates: [Candidate]
    private var next = 0
    private var findings: [Int: Finding] = [:]

    init(_ context: ProbeContext, _ candidates: [Candidate]) {
        self.context = context
        self.candidates = candidates
    }

    /// Runs the probes.
    /// - Returns: the findings in the order of the candidates. After a cancellation, candidates not yet probed are left
    ///   out.
    func run() async -> [Finding] {
        let lanes = (0..<min(Self.atOnce, candidates.count)).map { _ in
            Loop.spawn { [self] in await probeNext() }
        }
        await withTaskCancellationHandler {
            for lane in lanes { await lane.value }
        } onCancel: {
            for lane in lanes { lane.cancel() }
        }
        return candidates.indices.compactMap { findings[$0] }
    }

    private func probeNext() async {
        while next < candidates.count, !Task.isCancelled {
            let index = next
            next += 1
            let started = EventLoop.now
            let failure = await DeepProbe(context, candidates[index]).run()
            findings[index] = Finding(
                candidate: candidates[index], milliseconds: Double(EventLoop.now - started) / 1e6, failure: failure)
        }
    }
}
