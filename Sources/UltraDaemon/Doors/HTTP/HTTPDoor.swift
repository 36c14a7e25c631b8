internal import Glibc
internal import UltraAPI
internal import UltraDialects
internal import UltraSystem

/// The Unix socket that speaks HTTP: serves programs written for OpenAI's API; ultra-http(7).
@Loop
final class HTTPDoor {
    let memory: HeldBytes
    private let books: Books
    let receiveBuffer: ReceiveBuffer
    let pace: RequestPace
    var times: HTTPTimes {
        var times = HTTPTimes()
        times.quiet = daemon.configuration.http.quiet
        return times
    }

    /// Bytes sent to all clients since the start.
    var sentByteCount: UInt64 = 0
    private unowned let daemon: Daemon
    private let counts: ConnectionCounts
    private let refused = RefusedConnections()
    private var socket: DoorSocket?
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    /// Cache of `date`, with the second it was made for.
    private var lastDate = (second: 0, text: "")

    init(
        _ daemon: Daemon, _ memory: HeldBytes, _ books: Books, _ counts: ConnectionCounts,
        _ receiveBuffer: ReceiveBuffer, _ pace: RequestPace
    ) {
        self.daemon = daemon
        self.memory = memory
        self.books = books
        self.counts = counts
        self.receiveBuffer = receiveBuffer
        self.pace = pace
    }

    var limits: Limits { daemon.limits }
    var isDraining: Bool { daemon.isDraining }

    var requestLimits: HTTPRequestDecoder.Limits {
        var limits = HTTPRequestDecoder.Limits()
        limits.bodyBytes = daemon.configuration.http.bodyBytes
        return limits
    }

    // MARK: - Clients

    func open(_ socket: DoorSocket) {
        self.socket = socket
        socket.accept { [unowned self] in
            accept($0)
        } onShortage: { [unowned self] in
            refuse($0, .descriptors)
        }
    }

    private func accept(_ socket: StreamSocket) {
        // Dropping the socket closes it: the client sees the end before any answer, and may try again.
        guard !isDraining else { return }
        let uid = socket.peer.uid
        if let refusal = counts.refusal(of: uid, limits) { return refuse(socket, refusal) }
        counts.opened(by: uid)
        let connection = HTTPConnection(socket, self)
        connections[ObjectIdentifier(connection)] = connection
    }

    private func refuse(_ socket: StreamSocket, _ refusal: ConnectionRefusal) {
        var writer = HTTPResponseWriter()
        var bytes: [UInt8] = []
        let status = ErrorStatus(refusal.error)
        let body = OpenAIErrorWriter.body(refusal.error)
        writer.head(
            status.status, HTTPResponseWriter.Mode(minorVersion: 1, keepsAlive: false), date: date,
            .length(body.count), fields: fields(.json, nil) + status.fields, to: &bytes)
        refused.refuse(socket, refusal, with: bytes + body, daemon.log)
    }

    func closed(_ connection: HTTPConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        counts.closed(by: connection.caller.uid)
        daemon.stopIfDrained()
    }

    func lookAfterSocket() { socket?.lookAfterFile() }

    func adopt(_ limits: Limits) {
        for connection in connections.values { connection.output.adopt(limits) }
    }

    // MARK: - Requests

    /// Performs a complete request.
    func perform(_ exchange: HTTPExchange, on connection: HTTPConnection) {
        switch exchange.route {
        case .options(let allowed): exchange.respond(204, .text, fields: [HTTPResponseField("Allow", allowed)], [])
        case .root: exchange.respond(200, .text, Array("ultrad \(daemon.version)\n".utf8))
        case .health:
            let word = isDraining ? "draining" : "ok"
            exchange.respond(isDraining ? 503 : 200, .json, Array(#"{"status":"\#(word)"}"#.utf8))
        case .metrics:
            let sink = HTTPResultSink(exchange) { [daemon] _ throws(UltraError) in
                .init(type: .metrics, body: Array(daemon.metricsText.utf8))
            }
            daemon.perform(call(.metrics, exchange, connection, sink)) { call in call.end(Report()) }
        case .models: models(exchange, connection, nil)
        case .model(let id): models(exchange, connection, id)
        case .chatCompletions: chat(exchange, connection)
        case .embeddings: embed(exchange, connection)
        }
    }

    private func chat(_ exchange: HTTPExchange, _ connection: HTTPConnection) {
        do throws(UltraError) {
            let chat = try ChatRequest(exchange.body)
            let own = try UltraHeaderFields(exchange.head)
            var request = chat.request
            own.apply(to: &request)
            let sink = ChatSink(exchange, chat, created: time(nil))
            daemon.perform(call(chat.isStream ? .stream : .generate, exchange, connection, sink)) {
                [daemon, request] call throws(UltraError) in
                try daemon.generate(
                    call, isStream: chat.isStream, timeoutMilliseconds: own.timeoutMilliseconds
                ) { () throws(UltraError) in request }
            }
        } catch {
            fail(.generate, exchange, connection, error)
        }
    }

    private func embed(_ exchange: HTTPExchange, _ connection: HTTPConnection) {
        do throws(UltraError) {
            var embed = try OpenAIEmbedRequest(exchange.body)
            let own = try UltraHeaderFields(exchange.head)
            own.apply(to: &embed.request)
            let sink = HTTPResultSink(exchange) { [embed] result throws(UltraError) in
                guard case .embeddings(let answer) = result else { throw HTTPResultSink.otherKind }
                return .init(
                    fields: HTTPAnswerFields.of(answer, embed.warnings), body: try OpenAIEmbedWriter.body(answer, embed)
                )
            }
            daemon.perform(call(.embed, exchange, connection, sink)) { [daemon, embed] call throws(UltraError) in
                try daemon.embed(call, embed.request, timeoutMilliseconds: own.timeoutMilliseconds)
            }
        } catch {
            fail(.embed, exchange, connection, error)
        }
    }

    /// - Parameter id: One model; nil: all.
    private func models(_ exchange: HTTPExchange, _ connection: HTTPConnection, _ id: String?) {
        let sink = HTTPResultSink(exchange) { result throws(UltraError) in
            guard case .report(let report) = result else { throw HTTPResultSink.otherKind }
            return .init(body: report.json.bytes)
        }
        daemon.perform(call(.models, exchange, connection, sink)) { [daemon] call throws(UltraError) in
            if let id { try daemon.openAIModel(id, call) } else { daemon.openAIModels(call) }
        }
    }

    private func fail(
        _ operation: OperationName, _ exchange: HTTPExchange, _ connection: HTTPConnection, _ error: UltraError
    ) {
        call(operation, exchange, connection, HTTPResultSink(exchange) { _ throws(UltraError) in throw error }).fail(
            error)
    }

    /// Makes the call, which takes over the memory charge of the exchange.
    private func call(
        _ operation: OperationName, _ exchange: HTTPExchange, _ connection: HTTPConnection, _ sink: any AnswerSink
    ) -> Call {
        let call = Call(
            operation, of: connection.caller, to: sink, books, memory, connection.user,
            requestBytes: exchange.body.count,
            charge: exchange.charge, isExempt: exchange.isExempt)
        exchange.call = call
        (exchange.charge, exchange.isExempt) = (0, false)
        exchange.body = []
        return call
    }

    func ended() { daemon.stopIfDrained() }

    // MARK: - Responses

    /// The value of `Date`.
    var date: String {
        let now = time(nil)
        if now != lastDate.second { lastDate = (now, HTTPDateText.text(now)) }
        return lastDate.text
    }

    /// The fields of every response.
    func fields(_ type: HTTPContentType?, _ exchange: HTTPExchange?) -> [HTTPResponseField] {
        let id = "req_\(exchange?.call?.record.number ?? Call.takeNumber())"
        let fields = [HTTPResponseField("x-ultra-request-id", id), HTTPResponseField("x-request-id", id)]
        return (type.map { [HTTPResponseField("Content-Type", $0.rawValue)] } ?? []) + fields
    }

    // MARK: - Stop

    /// Accepts no more clients, and ends connections without a request.
    func stopListening() {
        socket?.close()
        for connection in Array(connections.values) where connection.isIdle { connection.close() }
    }

    func cancelAll(_ reason: UltraError) {
        connections.values.forEach { $0.cancel(reason) }
    }

    var connectionCount: Int { connections.count }

    /// True if no request is in flight.
    var isIdle: Bool { connections.values.allSatisfy { $0.exchange == nil } }

    /// Closes each connection once its last response has left.
    func closeWhenDelivered() {
        for connection in Array(connections.values) where connection.exchange == nil { connection.end() }
    }
}
