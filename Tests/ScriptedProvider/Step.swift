/// One step of a scripted answer. Steps run in order; `Script` describes the beginning and the end of an answer.
package enum Step: Sendable {
    /// Sends the status line and the header fields now, not with the first piece of body.
    case head
    /// Sends a piece of the body in the script's framing: one chunk if the body is chunked.
    case chunk([UInt8])
    /// Sends bytes unchanged, without framing and without a head before them.
    case send([UInt8])
    /// Waits until the gate lets it through.
    case wait(Gate)
    /// Waits for a time: for benchmarks and tests of timers. Tests that wait for an event use a `Gate`.
    case delay(milliseconds: Int)
    /// Repeats the steps `count` times.
    case `repeat`(count: Int, [Step])
    /// Ends the body properly; the connection stays open unless the script closes it.
    case end
    /// Sends FIN, even if the announced body is incomplete.
    case close
    /// Sends RST (`SO_LINGER` with zero seconds, socket(7)), even if the announced body is incomplete.
    case reset
    /// Sends nothing more until the client closes or the provider stops.
    case hang

    package static func chunk(_ text: String) -> Step { .chunk(Array(text.utf8)) }
    package static func send(_ text: String) -> Step { .send(Array(text.utf8)) }

    /// A server-sent event: `event:` if it has a name, then `data:`.
    package static func event(_ data: String, name: String? = nil) -> Step {
        .chunk((name.map { "event: \($0)\n" } ?? "") + "data: \(data)\n\n")
    }

    /// One line of NDJSON.
    package static func line(_ json: String) -> Step { .chunk(json + "\n") }
}
