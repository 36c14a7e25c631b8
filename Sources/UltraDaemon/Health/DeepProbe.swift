internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Shows that a model really answers: one token of a real generation, or one embedding, fitted to its kind. It costs
/// money, so it counts against a daily budget and is never answered from the cache.
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
        guard case .upstream = candidate.target else { return nil }
        guard candidate.model.kind != .other else {
            return refusal(.capabilityMissing, "the model neither chats nor embeds: there is nothing to ask it", nil)
        }
        guard daemon.probeSpend.today(at: WallClock.now) < daemon.configuration.health.deepProbeMicroUSDPerDay else {
            return refusal(.quotaExceeded, "today's budget for deep probes is used up", "try again tomorrow")
        }
        let provider = candidate.provider
        // A key that may not use the model rests for it, and asking shows whether that is still so.
        let health = candidate.model.health
        let isDenied = health.authorised.holds == false
        guard let key = provider.health.takeKey(for: isDenied ? nil : health, at: WallClock.now) else {
            return refusal(.noModelAvailable, "no key can be used for the model now", nil)
        }
        do throws(UltraError) {
            let usage = try await ask(try provider.adapter(key: key))
            let cost = candidate.model.facts.price?.value.cost(of: usage) ?? 0
            daemon.probeSpend.add(cost, at: WallClock.now)
            daemon.registry.record(nil, of: candidate, key: key)
            return nil
        } catch {
            daemon.registry.record(error, of: candidate, key: key)
            return error
        }
    }

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
        let encoded = try serving.encode(request, model: candidate.name, isStream: false)
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
