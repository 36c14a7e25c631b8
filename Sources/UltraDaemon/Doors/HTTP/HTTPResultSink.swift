internal import UltraAPI
internal import UltraDialects
internal import UltraSystem

/// Sends the result of an operation as one response.
@Loop
final class HTTPResultSink: AnswerSink {
    struct Response {
        var status = 200
        var type = HTTPContentType.json
        var fields: [HTTPResponseField] = []
        var body: [UInt8]
    }

    typealias Writer = @Loop (ResultBody) throws(UltraError) -> Response

    private let exchange: HTTPExchange
    private let write: Writer

    init(_ exchange: HTTPExchange, _ write: @escaping Writer) {
        self.exchange = exchange
        self.write = write
    }

    func end(_ result: Result<ResultBody, UltraError>) {
        do throws(UltraError) {
            let response = try write(try result.get())
            exchange.respond(response.status, response.type, fields: response.fields, response.body)
        } catch {
            exchange.respond(error)
        }
    }

    static let otherKind = UltraError(.internal, "the answer is of another kind than the request")

    func start(_ answer: Answer) {}

    func receive(_ events: [AnswerEvent]) {}

    func restart() {}

    func progress(_ progress: RequestProgress) {}

    func feed(_ event: FeedEvent) {}

    var isCongested: Bool { exchange.isCongested }

    func drained() async { await exchange.drained() }
}
