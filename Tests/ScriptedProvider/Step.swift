/// One thing a scripted answer does. Steps run in order; see `Script` for what happens before and after them.
package enum Step: Sendable {
    /// The status line and the header fields, now rather than with the first piece of body.
    case head
    /// A piece of body, framed as the script says: one chunk if it is chunked.
    case chunk([UInt8])
    /// Bytes put on the wire as they are: no framing, and no head before them.
    case send([UInt8])
    /// Waits until the test lets it through.
    case wait(Gate)
    /// For benchmarks, and tests of timers; a test that waits for something uses a `Gate`.
    case delay(milliseconds: Int)
    /// The same steps `count` times.
    case `repeat`(count: Int, [Step])
    /// The proper end of the body; the connection stays open unless the script says otherwise.
    case end
    /// FIN, whatever was promised.
    case close
    /// RST (`SO_LINGER` with zero seconds, socket(7)), whatever was promised.
    case reset
    /// Nothing more, until the client closes or the provider stops.
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
