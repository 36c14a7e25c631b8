internal import UltraAPI
internal import UltraSystem

/// The operations that ask models, and those of the connection itself.
extension Daemon {
    func generate(_ call: Call, _ frame: RequestFrame, isStream: Bool) throws(UltraError) {
        try generate(call, isStream: isStream, timeoutMilliseconds: frame.timeoutMilliseconds) {
            () throws(UltraError) in try Request(frame)
        }
    }

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

    func embed(_ call: Call, _ frame: RequestFrame) throws(UltraError) {
        try embed(call, try EmbedRequest(frame), timeoutMilliseconds: frame.timeoutMilliseconds)
    }

    func embed(_ call: Call, _ request: EmbedRequest, timeoutMilliseconds limit: Int?) throws(UltraError) {
        try admission.refuseSurcharges(request.providerOptions, of: call.caller)
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
