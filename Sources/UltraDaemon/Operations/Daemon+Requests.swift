internal import UltraAPI
internal import UltraSystem

/// The operations that make or end requests.
extension Daemon {
    func generate(_ call: Call, _ frame: RequestFrame, isStream: Bool) throws(UltraError) {
        let request = try Request(frame)
        let generation = { [self] (call: Call) in
            Generation(
                daemon: self, call: call, request: request, isStream: isStream,
                timeoutMilliseconds: frame.timeoutMilliseconds)
        }
        call.run { call in await generation(call).run() }
    }

    func cancel(_ call: Call, _ frame: RequestFrame, on connection: ClientConnection) throws(UltraError) {
        let isCancelled = connection.cancel(try frame.cancelTarget())
        call.end { $0.cancelled($1, isCancelled) }
    }

    func hello(_ call: Call, _ frame: RequestFrame) throws(UltraError) {
        let hello = try frame.hello()
        guard hello.protocolVersion ?? 1 >= 1 else {
            throw UltraError(.invalidRequest, "protocol must be 1 or more; this daemon speaks 1", field: "protocol")
        }
        call.end { writer, id in
            writer.frame(id, "result") { json in
                json.field("protocol", 1)
                json.field("server", "ultrad/\(version)")
                json.field("max_frame_bytes", limits.frameBytes)
                json.key("ops")
                json.beginArray()
                for operation in Operation.table { json.string(operation.name.rawValue) }
                json.endArray()
            }
        }
    }
}
