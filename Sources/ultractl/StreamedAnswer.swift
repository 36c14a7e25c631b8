import libultra

/// Prints an answer as it arrives: its text on standard output, its progress on standard error.
enum StreamedAnswer {
    /// Sends a request, prints its answer, and returns the terminal event.
    ///
    /// The progress line is erased afterwards, and a failure is reported on a line of its own.
    ///
    /// - Parameter onPiece: called with the text of each `delta`.
    /// - Throws: as `Connection.exchange`, and what writing to standard output throws.
    static func ask(
        _ op: String, _ fields: [UInt8], on connection: borrowing Connection, timeLimit: Duration?,
        progress: inout Progress, text: inout AnswerText, onPiece: (UnsafeRawBufferPointer) -> Void = { _ in }
    ) throws(Failure) -> Event {
        do throws(Failure) {
            let answer = try connection.exchange(
                op, fields: fields, timeLimit: timeLimit, idleLimit: progress.isShown ? Progress.interval : nil,
                // Text that appears on a terminal shows the progress by itself.
                onWait: { if text.byteCount == 0 || !text.isOnTerminal { progress.draw() } },
                onEvent: { (event) throws(Failure) in
                    switch event.kind {
                    case ULTRA_KIND_PROGRESS: progress.update(event)
                    case ULTRA_KIND_DELTA:
                        event.withText("reasoning") { (piece) in
                            progress.show("reasoning")
                            progress.count(bytes: piece.count)
                        }
                        try event.withText("text") { (piece) throws(Failure) in
                            if text.isOnTerminal { progress.clear() }
                            progress.show("streaming")
                            progress.count(bytes: piece.count)
                            onPiece(piece)
                            try text.write(piece)
                        }
                    default: break
                    }
                })
            progress.clear()
            return answer
        } catch {
            progress.clear()
            try text.end(noteFollows: error.message != nil)
            throw error
        }
    }
}

/// Writes the text of an answer piece by piece.
///
/// A file or pipe gets the exact bytes. A terminal gets control characters replaced, and a final newline if the answer
/// has none.
struct AnswerText {
    private let output: Output
    private var lastByte: UInt8?
    /// True if the last piece ended in a carriage return, which is held back: "\n" may follow and complete a line end.
    private var endsInReturn = false
    private(set) var byteCount = 0

    init(_ output: Output) {
        self.output = output
    }

    var isOnTerminal: Bool { output.isTerminal }

    mutating func write(_ text: String) throws(Failure) {
        try Array(text.utf8).withUnsafeBufferPointer { (bytes) throws(Failure) in
            try write(UnsafeRawBufferPointer(bytes))
        }
    }

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

    /// Ends the last line of a terminal.
    ///
    /// - Parameter noteFollows: true if a line on standard error follows; then a line end goes to standard error where
    ///   that line would otherwise continue the last line of the text.
    mutating func end(noteFollows: Bool = false) throws(Failure) {
        guard let lastByte, lastByte != UInt8(ascii: "\n") else { return }
        endsInReturn = false
        if output.isTerminal {
            self.lastByte = nil
            try output.write("\n")
        } else if noteFollows, Output.standardError.isShown(beside: output) {
            self.lastByte = nil
            try? Output.standardError.write("\n")  // Only layout: ignoring.
        }
    }

    /// Ends the last line, in a file or pipe too.
    mutating func endLine() throws(Failure) {
        guard lastByte != UInt8(ascii: "\n") else { return }
        lastByte = nil
        try output.write("\n")
    }
}

/// The line that `--stats` prints: tokens, times and cost of an answer, from its `result` or `done` event.
struct Statistics {
    private let facts: [String]

    init(_ event: borrowing Event) {
        let firstToken = event.number("timing_ms.first_token")
        let total = event.number("timing_ms.total")
        let output = event.integer("usage.output_tokens")
        var facts = [event.string("model") ?? "unknown model"]
        if let input = event.integer("usage.input_tokens") {
            let cached = event.integer("usage.cached_input_tokens") ?? 0
            facts.append("\(input) tokens in" + (cached > 0 ? " (\(cached) cached)" : ""))
        }
        if let output {
            let reasoning = event.integer("usage.reasoning_tokens") ?? 0
            facts.append("\(output) out" + (reasoning > 0 ? " (\(reasoning) reasoning)" : ""))
        }
        if let firstToken { facts.append("first token \(Quantity.duration(milliseconds: firstToken))") }
        if let total { facts.append("total \(Quantity.duration(milliseconds: total))") }
        if let rate = Self.rate(tokens: output, firstToken: firstToken, total: total) {
            facts.append("\(Quantity.fixed(rate, 1)) tokens/s")
        }
        facts.append(event.number("cost_usd").map(Quantity.money) ?? "cost unknown")
        switch event.string("cache") {
        case "hit": facts.append("from the cache")
        case "coalesced": facts.append("coalesced with an equal request")
        default: break
        }
        self.facts = facts
    }

    /// Output tokens per second after the first token; `nil`: unknown, or less than 1 ms.
    ///
    /// - Parameters:
    ///   - firstToken: the time to the first token, in milliseconds.
    ///   - total: the time to the end of the answer, in milliseconds.
    static func rate(tokens: Int?, firstToken: Double?, total: Double?) -> Double? {
        guard let tokens, let total, tokens > 0 else { return nil }
        let milliseconds = total - (firstToken ?? 0)
        return milliseconds >= 1 ? Double(tokens) / milliseconds * 1000 : nil
    }

    var line: String { printable(facts.joined(separator: ", ")) + "\n" }
}
