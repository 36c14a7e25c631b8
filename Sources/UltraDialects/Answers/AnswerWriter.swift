package import UltraAPI

/// A request of a dialect, translated, and the form of the answer that its client expects.
package protocol DialectRequest: Sendable {
    associatedtype Writer: AnswerWriter

    /// - Throws: `invalid_request` or `capability_missing`; `field` is the member, such as `messages[2].content`.
    init(_ body: [UInt8]) throws(UltraError)

    var request: Request { get set }
    var isStream: Bool { get }
    /// One sentence for each dropped part.
    var warnings: [String] { get }

    /// One sentence for each part that was dropped for `provider`.
    func warnings(of provider: String) -> [String]

    /// Sends the members that the door does not know to `providers` as well, which speak the dialect of the request.
    mutating func passOn(to providers: [String])

    func writer(_ origin: AnswerOrigin) -> Writer
}

extension DialectRequest {
    package func warnings(of provider: String) -> [String] { warnings }

    package mutating func passOn(to providers: [String]) {}
}

/// What an answer contains of the daemon's own.
package struct AnswerOrigin: Sendable, Equatable {
    /// The request's number.
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

/// The stream of a dialect.
package struct AnswerStreamForm: Sendable, Equatable {
    package enum Lines: Sendable {
        /// Server-sent events.
        case events
        /// A JSON text per line.
        case json
    }

    package var lines: Lines
    /// True if a failed stream ends like a good one, after its error: its clients know a good end by its last event, and
    /// would forget the error if the connection broke. False if they take every end for a good one.
    package var endsProperlyAfterFailure: Bool
}

/// Writes an answer in a dialect: either `body`, or `start`, `event` for each piece of content, and `done` or `failed`.
package protocol AnswerWriter: Sendable {
    static var form: AnswerStreamForm { get }

    /// A complete answer.
    func body(_ answer: Answer) -> [UInt8]

    /// - Parameter model: `provider/model` that answers.
    mutating func start(model: String, to bytes: inout [UInt8])

    /// Writes an event with content; `done` covers the others.
    mutating func event(_ event: AnswerEvent, to bytes: inout [UInt8])

    /// Ends a complete answer, whose content was written before.
    mutating func done(_ answer: Answer, to bytes: inout [UInt8])

    /// Ends an answer that failed after its head was sent.
    mutating func failed(_ error: UltraError, to bytes: inout [UInt8])

    /// Writes what clients ignore, to keep an idle connection alive; nothing if the dialect has no such thing.
    func filler(to bytes: inout [UInt8])
}
