internal import UltraAPI
internal import UltraSystem

/// The operations that ask models, and those of the connection itself.
extension Daemon {
    func generate(_ call: Call, _ frame: RequestFrame, isStream: Bool) throws(UltraError) {
        guard !call.isLong else {
            return call.run { [self] in
                await Loop.nextTurn()
                if let reason = call.cancellation { return call.fail(reason) }
                do throws(UltraError) {
                    guard let generation = try generation(call, frame, isStream: isStream) else { return }
                    await generation.run()
                } catch {
                    call.fail(error)
                }
            }
        }
        guard let generation = try generation(call, frame, isStream: isStream) else { return }
        call.run { await generation.run() }
    }

    /// Prepares the upstream request; nil: the cache answers.
    private func generation(
        _ call: Call, _ frame: RequestFrame, isStream: Bool
    ) throws(UltraError) -> Generation? {
        let request = try Request(frame)
        try admission.refuseSurcharges(request.providerOptions, of: call.caller)
        let limit = frame.timeoutMilliseconds
        call.record.modelAsked = request.model
        call.record.tags = request.tags
        if let cache, cache.answer(call, request, isStream: isStream, timeoutMilliseconds: limit) { return nil }
        return Generation(relay, call, request, isStream: isStream, timeoutMilliseconds: limit)
    }

    func embed(_ call: Call, _ frame: RequestFrame) throws(UltraError) {
        let request = try EmbedRequest(frame)
        try admission.refuseSurcharges(request.providerOptions, of: call.caller)
        let limit = frame.timeoutMilliseconds
        call.record.modelAsked = request.model
        call.record.tags = request.tags
        if let cache, cache.answer(call, request, timeoutMilliseconds: limit) { return }
        let embedding = Embedding(relay, call, request, timeoutMilliseconds: limit)
        call.run { await embedding.run() }
    }

    func cancel(_ call: Call, _ frame: RequestFrame, in session: any Session) throws(UltraError) {
        let isCancelled = session.cancel(try frame.cancelTarget())
        call.end(Report { $0.field("cancelled", isCancelled) })
    }

    func hello(_ call: Call, _ frame: RequestFrame, in session: any Session) throws(UltraError) {
        let hello = try frame.hello()
        guard hello.protocolVersion ?? 1 >= 1 else {
            throw UltraError(.invalidRequest, "protocol must be 1 or more; this daemon speaks 1", field: "protocol")
        }
        call.end(
            Report { json in
                json.field("protocol", 1)
                json.field("server", "ultrad/\(version)")
                json.field("max_frame_bytes", session.maxFrameBytes)
                json.strings("ops", Operation.table.map(\.name.rawValue))
            })
    }
}
