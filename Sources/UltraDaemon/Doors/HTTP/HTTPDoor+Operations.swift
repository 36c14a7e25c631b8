internal import UltraAPI
internal import UltraDialects

/// Ultra's own operations, with the results that they have at the native socket.
extension HTTPDoor {
    func operate(_ path: OperationPath, _ exchange: HTTPExchange, _ connection: HTTPConnection) {
        let frame: RequestFrame
        do throws(UltraError) {
            frame = try path.frame(exchange.head, exchange.body)
        } catch {
            return fail(path.operation, exchange, connection, error)
        }
        let sink: any AnswerSink
        if path == .events {
            // The body, which HEAD does not get, would have no end.
            guard exchange.head.method != .head else { return exchange.respond(200, .events, []) }
            sink = FeedSink(exchange)
        } else {
            sink = HTTPResultSink(exchange) { result throws(UltraError) in
                guard case .report(let report) = result else { throw HTTPResultSink.otherKind }
                return .init(body: report.json.bytes)
            }
        }
        daemon.perform(frame, call(frame.operation, exchange, connection, sink), in: exchange)
    }
}

/// The connection of an HTTP request has no other request in flight.
extension HTTPExchange: Session {
    var maxFrameBytes: Int { 0 }

    func cancel(_ id: Int) -> Bool { false }

    func admitSubscription() {}
}
