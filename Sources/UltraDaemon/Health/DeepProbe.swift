internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Shows that a model really answers: one token of a real generation, or one embedding, fitted to its kind. It costs
/// money, so it counts against a daily budget and is never answered from the cache. What it finds is a probe's evidence.
@Loop
struct DeepProbe {
    let daemon: Daemon
    let candidate: Candidate

    init(_ daemon: Daemon, _ candidate: Candidate) {
        self.daemon = daemon
        self.candidate = candidate
    }

    /// Returns what went wrong, or why it was not tried; nil: the model answered, or is the mock.
    @discardableResult
    func run() async -> UltraError? {
        candidate.model.deepProbedAt = WallClock.now
        guard case .upstream = candidate.target else { return nil }
        guard candidate.model.kind != .other else {
            return refusal(.capabilityMissing, "the model neither chats nor embeds: there is nothing to ask it", nil)
        }
        let provider = candidate.provider
        // A key that may not use the model rests for it, and asking shows whether that is still so.
        let health = candidate.model.health
        let isDenied = health.authorised.holds == false
        guard let key = provider.health.takeKey(for: isDenied ? nil : health, at: WallClock.now) else {
            return refusal(.noModelAvailable, "no key can be used for the model now", nil)
        }
        let registry = daemon.registry
        let price = candidate.model.facts.price?.value
        let budget = daemon.configuration.health.deepProbeMicroUSDPerDay
        guard
            let reservation = registry.probeSpend.reserve(
                price?.cost(of: Self.expectedUsage) ?? 0, of: budget, at: WallClock.now)
        else {
            return refusal(
                .quotaExceeded, "today's budget for deep probes is used up",
                "try again tomorrow, or raise health.deep_probe_usd_per_day")
        }
        do throws(UltraError) {
            let usage = try await ask(try provider.adapter(key: key))
            registry.probeSpend.settle(reservation, cost: price?.cost(of: usage) ?? reservation.microUSD)
            registry.record(nil, of: candidate, key: key, by: .probe)
            return nil
        } catch {
            // What was refused costs nothing; what broke off may.
            let isRefused = error.code == .connectFailed || error.status.map { $0 >= 300 } ?? false
            registry.probeSpend.settle(reservation, cost: isRefused ? 0 : reservation.microUSD)
            registry.record(error, of: candidate, key: key, by: .probe)
            return error
        }
    }

    /// "ping" in every dialect, and a token of the answer.
    private static let expectedUsage = Usage(inputTokens: 20, outputTokens: 1, source: .estimated)

    private func refusal(_ code: ErrorCode, _ message: String, _ hint: String?) -> UltraError {
        UltraError(code, message, hint: hint, provider: "ultrad", model: candidate.id)
    }

    private func ask(_ adapter: any Adapter) async throws(UltraError) -> Usage {
        let timeouts = ExchangeTimeouts(
            connect: daemon.timeouts.connect,
            total: candidate.provider.isLocal ? daemon.timeouts.slowFirstToken : daemon.timeouts.firstToken)
        if candidate.model.kind == .embeddings {
            let encoded = try adapter.encodeEmbed(EmbedRequest(input: ["ping"]), model: candidate.name)
            let reply = try await Document(daemon.transport, adapter, model: candidate.id).fetch(
                encoded.http, timeouts
            ) { (reader) throws(JSONError) in try adapter.decodeEmbeddings(&reader) }
            return Usage(inputTokens: reply.inputTokens, outputTokens: 0, source: .measured)
        }
        var request = Request(messages: [Message(.user, [.text("ping")])])
        request.sampling.maxTokens = 1
        let serving = adapter.serving(request, model: candidate.name)
        let encoded = try serving.encode(
            request, model: candidate.name, isStream: false, facts: candidate.wireFacts)
        let exchange = daemon.transport.start(encoded.http, timeouts)
        var decoder = ReplyDecoder(serving, isStream: false, model: candidate.id)
        var answer = Answer(model: candidate.id, provider: candidate.provider.id)
        var events: [AnswerEvent] = []
        var body: [UInt8] = []
        do throws(TransportError) {
            decoder.receive(try await exchange.head(), now: WallClock.now / 1000)
            var bytes: [UInt8] = []
            while try await exchange.read(into: &bytes) { body += bytes }
        } catch {
            throw UltraError(error, provider: candidate.provider.id, model: candidate.id)
        }
        try decoder.receive(body, into: &events)
        try decoder.finish(into: &events)
        for event in events { answer.receive(event, keepsContent: false) }
        return answer.usage
    }
}
