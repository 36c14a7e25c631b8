internal import Glibc
internal import UltraAPI
internal import UltraDialects
internal import UltraSystem

/// The Unix socket that speaks HTTP, for programs written for other APIs; ultra-http(7).
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
    /// Requests refused before they reached an operation, by status.
    private(set) var refusalCounts: [Int: Int] = [:]
    unowned let daemon: Daemon
    private let counts: ConnectionCounts
    private let refused = RefusedConnections()
    private var socket: DoorSocket?
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    /// The cached value of `Date`, with its second.
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
        // Dropping the socket closes it: the client sees the end before any answer, and may retry.
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

    /// The path of the socket; nil: the door is closed.
    var socketPath: String? { socket?.path }

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
        case .chatCompletions: generate(ChatRequest.self, exchange, connection)
        case .messages: generate(MessagesRequest.self, exchange, connection)
        case .responses: generate(ResponsesRequest.self, exchange, connection)
        case .countTokens, .inputTokens: countTokens(exchange)
        case .completions: fail(.generate, exchange, connection, Self.noCompletions)
        case .ollama(let path): ollama(path, exchange, connection)
        case .embeddings: embed(exchange, connection)
        case .ultra(let path): operate(path, exchange, connection)
        }
    }

    func fail(
        _ operation: OperationName, _ exchange: HTTPExchange, _ connection: HTTPConnection, _ error: UltraError
    ) {
        call(operation, exchange, connection, HTTPResultSink(exchange) { _ throws(UltraError) in throw error }).fail(
            error)
    }

    /// Creates the call, which takes over the memory charge of the exchange.
    func call(
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

    func countRefusal(_ status: Int) { refusalCounts[status, default: 0] += 1 }

    // MARK: - Responses

    /// The value of `Date`.
    var date: String {
        let now = time(nil)
        if now != lastDate.second { lastDate = (now, HTTPDateText.text(now)) }
        return lastDate.text
    }

    /// The header fields of every response.
    func fields(_ type: HTTPContentType?, _ exchange: HTTPExchange?) -> [HTTPResponseField] {
        let id = exchange?.requestID ?? "req_\(Call.takeNumber())"
        let name = (exchange?.form ?? .openAI).requestIDField
        let fields =
            [HTTPResponseField("x-ultra-request-id", id)] + (name.map { [HTTPResponseField($0, id)] } ?? [])
        return (type.map { [HTTPResponseField("Content-Type", $0.rawValue)] } ?? []) + fields
    }

    // MARK: - Stop

    /// Stops accepting clients, and closes connections without a request.
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

    /// Closes each connection once its last response was sent.
    func closeWhenDelivered() {
        for connection in Array(connections.values) where connection.exchange == nil { connection.end() }
    }
}
