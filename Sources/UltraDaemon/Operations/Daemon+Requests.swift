internal import Logging
internal import UltraAPI
internal import UltraSystem

/// The operations that make or end requests.
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

    /// What answers the request; nil: the cache does.
    private func generation(
        _ call: Call, _ frame: RequestFrame, isStream: Bool
    ) throws(UltraError) -> Generation? {
        let request = try Request(frame)
        try refuseDearOptions(request.providerOptions, of: call.peer)
        let limit = frame.timeoutMilliseconds
        call.use = CallUse(isStream ? .stream : .generate, request.model, request.tags)
        if let cache, cache.take(call, request, isStream: isStream, timeoutMilliseconds: limit) { return nil }
        return Generation(self, call, request, isStream: isStream, timeoutMilliseconds: limit)
    }

    func embed(_ call: Call, _ frame: RequestFrame) throws(UltraError) {
        let request = try EmbedRequest(frame)
        try refuseDearOptions(request.providerOptions, of: call.peer)
        let limit = frame.timeoutMilliseconds
        call.use = CallUse(.embed, request.model, request.tags)
        if let cache, cache.take(call, request, timeoutMilliseconds: limit) { return }
        let embedding = Embedding(self, call, request, timeoutMilliseconds: limit)
        call.run { await embedding.run() }
    }

    /// A request got as far as a model that may answer it.
    func requestBegan(_ call: Call, model: String) {
        activity.began(call.peer.uid)
        call.use.firstModel = model
        guard feed.has(.requests) else { return }
        feed.publish(.requests, of: call.peer.uid) { json in
            json.field("phase", "began")
            json.field("request", call.number)
            json.field("model", registry.isKnown(model) ? model : RequestMetrics.otherModels)
            json.field("uid", Int(call.peer.uid))
        }
    }

    /// It ended, well where there is no error.
    func requestEnded(_ call: Call, _ answer: Answer, _ error: UltraError?) {
        let model = error?.model ?? answer.model
        let isKnown = error == nil || registry.isKnown(model)
        metrics.ended(call.operation, answer, error, isKnown: isKnown)
        record(call, answer, error)
        activity.ended(call.peer.uid, isFailure: error != nil)
        // One upstream failure is one line, however many waited for it.
        if let error, answer.cache != .coalesced { logFailure(call, error) }
        guard feed.has(.requests) else { return }
        feed.publish(.requests, of: call.peer.uid) { json in
            json.field("phase", "ended")
            json.field("request", call.number)
            json.field("model", isKnown ? model : RequestMetrics.otherModels)
            json.field("uid", Int(call.peer.uid))
            json.fieldOrNull("error", error?.code.rawValue)
            json.field("ms", Double(EventLoop.now - call.startedAt) / 1e6)
        }
    }

    /// One line where the error stops; what the client did to itself is its own affair.
    private func logFailure(_ call: Call, _ error: UltraError) {
        switch error.code {
        case .cancelled, .invalidRequest, .invalidFrame, .badRequest, .contextLength, .contentFiltered,
            .capabilityMissing, .modelNotFound:
            return
        default:
            break
        }
        guard let unsaid = failureLines.isDue(call.peer.uid, at: EventLoop.now) else { return }
        let more = unsaid > 0 ? " (\(unsaid) more of this user were left out)" : ""
        log.note(
            .requestFailed, "request failed\(more)",
            [
                "ultra_request_id": error.requestID, "ultra_provider": error.provider, "ultra_model": error.model,
                "ultra_peer_uid": "\(call.peer.uid)", "ultra_error_code": error.code.rawValue,
                "ultra_duration_usec": "\((EventLoop.now - call.startedAt) / 1000)",
            ])
    }

    func cancel(_ call: Call, _ frame: RequestFrame, on connection: ClientConnection) throws(UltraError) {
        let isCancelled = connection.cancel(try frame.cancelTarget())
        call.end { $0.cancelled($1, isCancelled) }
    }

    func hello(_ call: Call, _ frame: RequestFrame, on connection: ClientConnection) throws(UltraError) {
        let hello = try frame.hello()
        guard hello.protocolVersion ?? 1 >= 1 else {
            throw UltraError(.invalidRequest, "protocol must be 1 or more; this daemon speaks 1", field: "protocol")
        }
        call.end { writer, id in
            writer.frame(id, "result") { json in
                json.field("protocol", 1)
                json.field("server", "ultrad/\(version)")
                json.field("max_frame_bytes", connection.maxFrameBytes)
                json.key("ops")
                json.beginArray()
                for operation in Operation.table { json.string(operation.name.rawValue) }
                json.endArray()
            }
        }
    }
}
