internal import UltraAPI
internal import UltraDialects
internal import UltraSystem

/// One request of an HTTP connection and its response. The sink of the request's dialect writes through it.
@Loop
final class HTTPExchange {
    let head: HTTPRequestHead
    let route: HTTPRoute
    /// The dialect of errors.
    let form: ErrorForm
    /// Content of the body received so far.
    var body: [UInt8] = []
    /// Bytes charged for the request; its call takes them over.
    var charge = 0
    /// True if the request was admitted beyond the user's share.
    var isExempt = false
    /// True if the client waits for `100 Continue`, which is sent after the body is admitted.
    var isContinueDue: Bool
    /// The call for the request; nil: the request is incomplete, or needs no call.
    var call: Call?
    private weak var connection: HTTPConnection?

    enum Progress {
        case none
        /// The head was sent, the body is not complete.
        case begun
        case ended
    }

    private(set) var progress = Progress.none

    init(_ head: HTTPRequestHead, _ route: HTTPRoute, _ connection: HTTPConnection) {
        self.head = head
        self.route = route
        form = HTTPRoute.form(of: head)
        isContinueDue = head.expectsContinue
        self.connection = connection
    }

    /// Sends a complete response.
    func respond(_ status: Int, _ type: HTTPContentType, fields: [HTTPResponseField] = [], _ body: [UInt8]) {
        guard progress == .none else { return }
        progress = .ended
        connection?.respond(status, type, fields: fields, body, to: self)
    }

    /// Sends an error in the dialect of the request.
    func respond(_ error: UltraError, fields: [HTTPResponseField] = []) {
        let status = form.status(error)
        respond(status.status, .json, fields: status.fields + fields, form.body(error, requestID: requestID))
    }

    /// The request's id for the client; the same in every part of the response.
    var requestID: String { "req_\(call?.record.number ?? ownNumber)" }

    /// The number of a request without a call.
    private lazy var ownNumber = Call.takeNumber()

    /// Begins a response whose body is written in pieces.
    func begin(_ type: HTTPContentType, fields: [HTTPResponseField]) {
        guard progress == .none else { return }
        progress = .begun
        connection?.begin(type, fields: fields, for: self)
    }

    func write(_ content: (inout [UInt8]) -> Void) {
        guard progress == .begun else { return }
        connection?.write(content)
    }

    /// Ends the body of a response that `begin` began.
    func end() {
        guard progress == .begun else { return }
        progress = .ended
        connection?.endBody(of: self)
    }

    /// Closes the connection without ending the body, so that the client notices that the body is incomplete.
    func breakOff() {
        guard progress == .begun else { return }
        progress = .ended
        connection?.breakOff()
    }

    var times: HTTPTimes { connection?.times ?? HTTPTimes() }

    var isCongested: Bool { connection?.isCongested ?? false }

    func drained() async { await connection?.drained() }
}

enum HTTPContentType: String {
    case json = "application/json"
    case text = "text/plain; charset=utf-8"
    /// Prometheus text exposition.
    case metrics = "text/plain; version=0.0.4; charset=utf-8"
    case events = "text/event-stream; charset=utf-8"
    /// A JSON text per line.
    case lines = "application/x-ndjson"
}
