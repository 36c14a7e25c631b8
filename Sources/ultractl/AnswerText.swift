/// Writes the text of an answer to standard output, piece by piece.
///
/// A file or pipe gets the answer's bytes exactly. A terminal gets control characters replaced, and a newline at the
/// end if the answer has none.
struct AnswerText {
    private let output: Output
    private var lastByte: UInt8?
    /// The last piece ended in a carriage return: it is the first half of a line end if the next one begins with "\n".
    private var endsInReturn = false
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
            var piece = (endsInReturn ? "\r" : "") + String(decoding: text, as: UTF8.self)
            endsInReturn = last == UInt8(ascii: "\r")
            if endsInReturn { piece.unicodeScalars.removeLast() }
            try output.write(printable(piece))
        } else {
            try output.write(text)
        }
    }

    /// Ends the last line: on a terminal, or, where a note on standard error would stand behind it, there.
    ///
    /// - Parameter noteFollows: whether standard error gets a line next.
    mutating func end(noteFollows: Bool = false) throws(Failure) {
        guard let lastByte, lastByte != UInt8(ascii: "\n") else { return }
        endsInReturn = false
        if output.isTerminal {
            self.lastByte = nil
            try output.write("\n")
        } else if noteFollows, Output.standardError.isShown(beside: output) {
            self.lastByte = nil
            try? Output.standardError.write("\n")  // An ornament: ignoring.
        }
    }

    /// Leaves whatever comes next at the start of a line, in a file too.
    mutating func endLine() throws(Failure) {
        guard lastByte != UInt8(ascii: "\n") else { return }
        lastByte = nil
        try output.write("\n")
    }
}
