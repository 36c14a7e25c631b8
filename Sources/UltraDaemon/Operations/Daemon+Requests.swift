internal import Logging
internal import UltraAPI
internal import UltraSystem

/// The operations that make or end requests.
extension Daemon {
    func generate(_ call: Call, _ frame: RequestFrame, isStream: Bool) throws(UltraError) {
        try generate(call, isStream: isStream, timeoutMilliseconds: frame.timeoutMilliseconds) {
            () throws(UltraError) in try Request(frame)
        }
    }

    /// - Parameter decode: reads the request; of a long one in a turn of its own.
    func generate(
        _ call: Call, isStream: Bool, timeoutMilliseconds: Int?,
        _ decode: @escaping @Loop () throws(UltraError) -> Request
    ) throws(UltraError) {
        guard !call.isLong else {
            return call.run { [self] in
                await Loop.nextTurn()
                if let reason = call.cancellation { return call.fail(reason) }
                do throws(UltraError) {
                    guard
                        let generation = try generation(
                            call, try decode(), isStream: isStream, timeoutMilliseconds: timeoutMilliseconds)
                    else { return }
                    await generation.run()
                } catch {
                    call.fail(error)
                }
            }
        }
        guard
            let generation = try generation(
                call, try decode(), isStream: isStream, timeoutMilliseconds: timeoutMilliseconds)
        else { return }
        call.run { await generation.run() }
    }

    /// Prepares the upstream request; nil: the cache answers.
    private func generation(
        _ call: Call, _ request: Request, isStream: Bool, timeoutMilliseconds limit: Int?
    ) throws(UltraError) -> Generation? {
        call.use = CallUse(isStream ? .stream : .generate, request.model, request.tags)
        if let cache, cache.answer(call, request, isStream: isStream, timeoutMilliseconds: limit) { return nil }
        return Generation(self, call, request, isStream: isStream, timeoutMilliseconds: limit)
    }

    func embed(_ call: Call, _ frame: RequestFrame) throws(UltraError) {
        embed(call, try EmbedRequest(frame), timeoutMilliseconds: frame.timeoutMilliseconds)
    }

    func embed(_ call: Call, _ request: EmbedRequest, timeoutMilliseconds limit: Int?) {
        call.use = CallUse(.embed, request.model, request.tags)
        if let cache, cache.answer(call, request, timeoutMilliseconds: limit) { return }
        let embedding = Embedding(self, call, request, timeoutMilliseconds: limit)
        call.run { await embedding.run() }
    }

    /// Records that a request is about to be sent to a model, or joins one that was.
    func requestBegan(_ call: Call, model: String) {
        activity.began(call.caller.uid)
        call.use.firstModel = model
        guard feed.has(.requests) else { return }
        feed.publish(.requests, of: call.caller.uid) { json in
            json.field("phase", "began")
            json.field("request", call.number)
            json.field("model", registry.isKnown(model) ? model : RequestMetrics.otherModels)
            json.field("uid", Int(call.caller.uid))
        }
    }

    /// Records the end of such a request.
    func requestEnded(_ call: Call, _ answer: Answer, _ error: UltraError?) {
        let model = error?.model ?? answer.model
        let isKnown = error == nil || registry.isKnown(model)
        metrics.ended(call.operation, answer, error, isKnown: isKnown)
        record(call, answer, error)
        activity.ended(call.caller.uid, isFailure: error != nil)
        // One line for an upstream failure, however many requests waited for it.
        if let error, answer.cache != .coalesced { logFailure(call, error) }
        guard feed.has(.requests) else { return }
        feed.publish(.requests, of: call.caller.uid) { json in
            json.field("phase", "ended")
            json.field("request", call.number)
            json.field("model", isKnown ? model : RequestMetrics.otherModels)
            json.field("uid", Int(call.caller.uid))
            json.fieldOrNull("error", error?.code.rawValue)
            json.field("ms", Double(EventLoop.now - call.startedAt) / 1e6)
        }
    }

    /// Logs a failure, unless the client caused it.
    private func logFailure(_ call: Call, _ error: UltraError) {
        switch error.code {
        case .cancelled, .invalidRequest, .invalidFrame, .badRequest, .contextLength, .contentFiltered,
            .capabilityMissing, .modelNotFound:
            return
        default:
            break
        }
        log.note(
            .requestFailed, "request failed",
            [
                "ultra_request_id": error.requestID, "ultra_provider": error.provider, "ultra_model": error.model,
                "ultra_peer_uid": "\(call.caller.uid)", "ultra_error_code": error.code.rawValue,
                "ultra_duration_usec": "\((EventLoop.now - call.startedAt) / 1000)",
            ])
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
