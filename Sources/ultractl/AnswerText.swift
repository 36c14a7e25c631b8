/// Writes the text of an answer to standard output, piece by piece.
///
/// A file or pipe gets the answer's bytes exactly. A terminal gets control characters replaced, and a newline at the
/// end if the answer has none.
struct AnswerText {
    private let output: Output
    private var lastByte: UInt8?
    private(set) var byteCount = 0

    init(_ output: Output) {
        self.output = output
    }

    var isOnTerminal: Bool { output.isTerminal }

    mutating func write(_ text: UnsafeRawBufferPointer) throws(Failure) {
        guard let last = text.last else { return }
        lastByte = last
        byteCount += text.count
        if output.isTerminal {
            try output.write(printable(String(decoding: text, as: UTF8.self)))
        } else {
            try output.write(text)
        }
    }

    /// Leaves the cursor at the start of a line.
    mutating func end() throws(Failure) {
        guard output.isTerminal, let lastByte, lastByte != UInt8(ascii: "\n") else { return }
        self.lastByte = nil
        try output.write("\n")
    }
}
