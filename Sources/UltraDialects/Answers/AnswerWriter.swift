package import UltraAPI

/// A request of a dialect, translated, and the form of the answer that its client expects.
package protocol DialectRequest: Sendable {
    associatedtype Writer: AnswerWriter

    /// Reads the JSON of the request's body.
    ///
    /// - Throws: `invalid_request` or `capability_missing`; `field` is the member, such as `messages[2].content`.
    init(_ body: [UInt8]) throws(UltraError)

    /// The request in the protocol's terms.
    var request: Request { get set }
    /// True if the client wants a stream.
    var isStream: Bool { get }
    /// One sentence for each dropped part.
    var warnings: [String] { get }

    /// One sentence for each part that is dropped if `provider`, an id, answers.
    func warnings(of provider: String) -> [String]

    /// Passes the members that the door does not know on to `providers`, which speak the dialect of the request.
    mutating func passOn(to providers: [String])

    /// The writer of the answer, for one use.
    func writer(_ origin: AnswerOrigin) -> Writer
}

extension DialectRequest {
    package func warnings(of provider: String) -> [String] { warnings }

    package mutating func passOn(to providers: [String]) {}
}

/// Facts about an answer that come from the daemon and not from the provider.
package struct AnswerOrigin: Sendable, Equatable {
    /// The number of the request, unique in the daemon's run.
    package var number: Int
    /// Time of the request in milliseconds since 1970.
    package var time: Int
    /// Estimated input tokens, used if the provider does not report them.
    package var estimatedInputTokens: Int

    package init(number: Int, time: Int, estimatedInputTokens: Int) {
        self.number = number
        self.time = time
        self.estimatedInputTokens = estimatedInputTokens
    }

    /// Seconds since 1970.
    var seconds: Int { time / 1000 }

    /// The request's id, as in the header field `x-ultra-request-id`.
    package var requestID: String { "req_\(number)" }
}

/// The format of a dialect's streams.
package struct AnswerStreamForm: Sendable, Equatable {
    /// The framing of a stream's pieces.
    package enum Lines: Sendable {
        /// Server-sent events.
        case events
        /// A JSON text per line.
        case json
    }

    package var lines: Lines
    /// True if a failed stream ends with its error and a proper end of the body: clients of the dialect recognise
    /// success by the last event, and would drop the error if the connection broke. False if clients take every proper
    /// end for success, so that the connection must break.
    package var endsProperlyAfterFailure: Bool
}

/// Writes an answer in a dialect: either `body`, or `start`, `event` for each piece of content, and `done` or `failed`.
package protocol AnswerWriter: Sendable {
    static var form: AnswerStreamForm { get }

    /// The body of a complete answer.
    func body(_ answer: Answer) -> [UInt8]

    /// Begins a stream.
    ///
    /// - Parameter model: The id of the answering model, `provider/model`.
    mutating func start(model: String, to bytes: inout [UInt8])

    /// Writes an event with content; events without content are ignored, since `done` has their values.
    mutating func event(_ event: AnswerEvent, to bytes: inout [UInt8])

    /// Ends the stream of a complete answer. The content of `answer` was written before.
    mutating func done(_ answer: Answer, to bytes: inout [UInt8])

    /// Ends a stream with an error, after the head was sent.
    mutating func failed(_ error: UltraError, to bytes: inout [UInt8])

    /// Writes bytes that clients ignore, to keep an idle connection alive; writes nothing if the dialect has no such
    /// bytes.
    func filler(to bytes: inout [UInt8])
}
