/// One scripted answer, as a value.
///
/// The head is sent before the first framed step unless a `.head` step sent it earlier; `.wait`, `.delay`, `.hang`,
/// `.close` and `.reset` before that happen before any header. When the steps run out, what is missing of a proper
/// answer (head, end of body) is added, so an empty list is an empty body.
package struct Script: Sendable {
    package enum Framing: Sendable, Equatable {
        /// `Transfer-Encoding: chunked`, a chunk for each step.
        case chunked
        /// `Content-Length`, of what the steps hold.
        case length
        /// `Content-Length`, as told: a lie if it is not what the steps hold.
        case declaredLength(Int)
        /// Neither: the end of the connection is the end of the body.
        case untilClose
    }

    /// What becomes of the connection after a complete answer.
    package enum Afterwards: Sendable, Equatable {
        case keepAlive
        /// Closed, and announced by `Connection: close`.
        case close
        /// Closed without a word: the client finds a dead connection in its pool.
        case closeUnannounced
        /// Closed when the first byte of the next request arrives, unanswered: the race every pool has to survive.
        case closeOnNextRequest
        /// The same with RST.
        case resetOnNextRequest
    }

    /// How much of the request's body is read, and how fast.
    package enum Reading: Sendable {
        case whole
        /// The answer starts after the head; the body is never read.
        case headOnly
        /// Nothing of the body is read before the gate opens.
        case after(Gate)
        /// A slow reader: so many bytes at a time, with a pause after each.
        case slow(bytes: Int, everyMilliseconds: Int)
    }

    /// What `Expect: 100-continue` gets.
    package enum Expectation: Sendable, Equatable {
        /// `100 Continue`, then the answer.
        case accept
        /// No 100: the answer comes as if the body had not been asked for.
        case refuse
        /// No 100: the body is waited for, as by a server which knows nothing of it.
        case ignore
    }

    /// Where the bytes are divided into writes.
    package enum Splitting: Sendable, Equatable {
        /// A write for each step.
        case none
        /// A write for every so many bytes on the wire, head included.
        case every(Int)
        /// A new write begins at each of these offsets, counted on the wire from the first byte of the answer.
        case at([Int])
    }

    /// Ends the answer early, whatever the steps say.
    package struct Cut: Sendable, Equatable {
        package enum Unit: Sendable {
            /// Bytes given to `.chunk`, `.event` and `.line`.
            case body
            /// Bytes on the wire, head and framing included.
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

    /// A copy with `change` made to it.
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
