internal import UltraAPI
internal import UltraSystem

/// Begins the work on requests to models, for every door.
@Loop
struct Answering {
    let admission: Admission
    let relay: Relay.Context
    /// nil: the configuration turns it off.
    let cache: AnswerCache?

    /// - Parameter decode: Decodes the request. A long request is decoded in a turn of its own.
    func generate(
        _ call: Call, isStream: Bool, timeoutMilliseconds limit: Int?,
        _ decode: @escaping @Loop () throws(UltraError) -> Request
    ) throws(UltraError) {
        guard !call.isLong else {
            return call.run { [self] in
                await Loop.nextTurn()
                if let reason = call.cancellation { return call.fail(reason) }
                do throws(UltraError) {
                    guard let generation = try generation(call, try decode(), isStream, limit) else { return }
                    await generation.run()
                } catch {
                    call.fail(error)
                }
            }
        }
        guard let generation = try generation(call, try decode(), isStream, limit) else { return }
        call.run { await generation.run() }
    }

    /// Prepares the upstream request; nil: the cache answers.
    private func generation(
        _ call: Call, _ request: Request, _ isStream: Bool, _ limit: Int?
    ) throws(UltraError) -> Generation? {
        try admission.refuseSurcharges(request.providerOptions, of: call.caller)
        call.record.modelAsked = request.model
        call.record.tags = request.tags
        if let cache, cache.answer(call, request, isStream: isStream, timeoutMilliseconds: limit) { return nil }
        return Generation(relay, call, request, isStream: isStream, timeoutMilliseconds: limit)
    }

    func embed(_ call: Call, _ request: EmbedRequest, timeoutMilliseconds limit: Int?) throws(UltraError) {
        try admission.refuseSurcharges(request.providerOptions, of: call.caller)
        call.record.modelAsked = request.model
        call.record.tags = request.tags
        if let cache, cache.answer(call, request, timeoutMilliseconds: limit) { return }
        let embedding = Embedding(relay, call, request, timeoutMilliseconds: limit)
        call.run { await embedding.run() }
    }
}

struct GenerateOperation: Operation {
    private let answering: Answering
    private let isStream: Bool

    init(_ answering: Answering, isStream: Bool) {
        self.answering = answering
        self.isStream = isStream
    }

    var hasOwnTimers: Bool { true }

    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) throws(UltraError) {
        try answering.generate(call, isStream: isStream, timeoutMilliseconds: frame.timeoutMilliseconds) {
            () throws(UltraError) in try Request(frame)
        }
    }
}

struct EmbedOperation: Operation {
    private let answering: Answering

    init(_ answering: Answering) {
        self.answering = answering
    }

    var hasOwnTimers: Bool { true }

    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) throws(UltraError) {
        try answering.embed(call, try EmbedRequest(frame), timeoutMilliseconds: frame.timeoutMilliseconds)
    }
}
