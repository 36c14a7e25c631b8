/// One scripted answer, as a value.
///
/// The head is sent before the first framed step unless a `.head` step sent it earlier; `.wait`, `.delay`, `.hang`,
/// `.close` and `.reset` before it take effect before any header. The head and the end of the body are added if the
/// steps leave them out, so an empty list is an answer with an empty body.
package struct Script: Sendable {
    package enum Framing: Sendable, Equatable {
        /// `Transfer-Encoding: chunked`, one chunk for each step.
        case chunked
        /// `Content-Length`, computed from the steps.
        case length
        /// `Content-Length` with the given value, which may be wrong.
        case declaredLength(Int)
        /// Neither field: the connection's end is the body's end.
        case untilClose
    }

    /// The fate of the connection after a complete answer.
    package enum Afterwards: Sendable, Equatable {
        case keepAlive
        /// Closed, and announced by `Connection: close`.
        case close
        /// Closed without announcement: the client finds a dead connection in its pool.
        case closeUnannounced
        /// Closed without an answer when the first byte of the next request arrives: the race every connection pool
        /// must survive.
        case closeOnNextRequest
        /// Like `closeOnNextRequest`, with RST.
        case resetOnNextRequest
    }

    /// How much of the request's body is read, and how fast.
    package enum Reading: Sendable {
        case whole
        /// The answer starts after the head; the body is never read.
        case headOnly
        /// Nothing of the body is read before the gate opens.
        case after(Gate)
        /// A slow reader, which pauses after every `bytes` bytes.
        case slow(bytes: Int, everyMilliseconds: Int)
    }

    /// The provider's reaction to `Expect: 100-continue`.
    package enum Expectation: Sendable, Equatable {
        /// `100 Continue`, then the answer.
        case accept
        /// No 100: the final answer is sent without waiting for the body.
        case refuse
        /// No 100: the body is awaited, as by a server that does not know the field.
        case ignore
    }

    /// Where the bytes are divided into writes.
    package enum Splitting: Sendable, Equatable {
        /// One write for each step.
        case none
        /// A new write after every so many bytes on the wire, head included.
        case every(Int)
        /// A new write begins at each of these offsets, counted on the wire from the first byte of the answer.
        case at([Int])
    }

    /// Ends the answer early, regardless of the steps.
    package struct Cut: Sendable, Equatable {
        package enum Unit: Sendable {
            /// Counts the bytes of `.chunk`, `.event` and `.line`.
            case body
            /// Counts the bytes on the wire, head and framing included.
            case wire
        }

        package var unit: Unit
        package var offset: Int
        package var resets: Bool
    }

    package var status: Int
    package var headers: [(name: String, value: String)]
    package var framing: Framing
    package var body: [Step]
    package var afterwards: Afterwards = .keepAlive
    package var reading: Reading = .whole
    package var expectation: Expectation = .accept
    package var splitting: Splitting = .none
    package var cut: Cut?

    package init(
        status: Int = 200, headers: [(name: String, value: String)] = [], framing: Framing = .chunked, body: [Step] = []
    ) {
        self.status = status
        self.headers = headers
        self.framing = framing
        self.body = body
    }

    /// A copy modified by `change`.
    package func with(_ change: (inout Script) -> Void) -> Script {
        var copy = self
        change(&copy)
        return copy
    }

    package func then(_ afterwards: Afterwards) -> Script { with { $0.afterwards = afterwards } }
    package func reading(_ reading: Reading) -> Script { with { $0.reading = reading } }
    package func split(_ splitting: Splitting) -> Script { with { $0.splitting = splitting } }
    package func cut(_ unit: Cut.Unit = .body, at offset: Int, resets: Bool = false) -> Script {
        with { $0.cut = Cut(unit: unit, offset: offset, resets: resets) }
    }
}
