package import UltraAPI

/// One provider's API as two pure directions: a request becomes bytes, bytes become events.
///
/// A value without clock, connection or retry. Endpoint and key are stored properties: a provider with several keys
/// is several adapters. `ReplyDecoder` does what is the same for all: status, framing, limits, end of stream, errors.
package protocol Adapter: Sendable {
    /// The provider's id, as in `provider/model`.
    var provider: String { get }
    /// The key it sends; `nil`: none. Taken out of anything the provider says.
    var key: Secret? { get }
    /// How a streamed reply is split.
    var framing: Framing { get }

    /// The call that answers `request`. Nothing the provider would refuse is sent: it is left out and named in
    /// `warnings`. Throws `capability_missing` or `bad_request` when nothing sensible remains.
    func encode(_ request: Request, model: String, isStream: Bool) throws(UltraError) -> EncodedRequest
    /// The call that lists the provider's models and costs nothing; `page` as `ModelPage.next` gave it.
    func listRequest(page: String?) -> HTTPRequest

    /// Reads a whole unary reply. An error object inside it is reported by `reply.reportError()`.
    func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError)
    /// Reads one event of a streamed reply. The hot path: called once a token.
    func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError)
    /// Reads a reply to `listRequest`.
    func decodeModels(_ reader: inout JSONReader) throws(JSONError) -> ModelPage
    /// What an error means; `ErrorClass.standard` unless the provider has words of its own.
    func classify(_ error: ErrorBody, status: Int?) -> ErrorClass
}

/// How the events of a streamed reply are told apart.
package enum Framing: Sendable {
    case serverSentEvents
    /// One JSON text a line.
    case jsonLines
}

/// A request ready to be sent, and what of the client's wishes it leaves out.
package struct EncodedRequest: Sendable, Equatable {
    package var http: HTTPRequest
    /// One sentence each, for the answer's `warnings`.
    package var warnings: [String]

    package init(_ http: HTTPRequest, warnings: [String] = []) {
        self.http = http
        self.warnings = warnings
    }
}

extension Adapter {
    package var framing: Framing { .serverSentEvents }

    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        ErrorClass.standard(error, status: status)
    }
}
