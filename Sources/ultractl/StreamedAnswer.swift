import libultra

/// A request whose answer is shown as it comes: the text on standard output, what it waits for on standard error.
enum StreamedAnswer {
    /// Asks, shows, and returns the last event. However it ends, the line of progress is gone and the cursor at the
    /// start of a line.
    ///
    /// - Parameter onPiece: called with each piece of text, shown or not.
    static func ask(
        _ op: String, _ fields: [UInt8], on connection: borrowing Connection, timeLimit: Duration?,
        progress: inout Progress, text: inout AnswerText, onPiece: (UnsafeRawBufferPointer) -> Void = { _ in }
    ) throws(Failure) -> Event {
        do throws(Failure) {
            let answer = try connection.exchange(
                op, fields: fields, timeLimit: timeLimit, idleLimit: progress.isShown ? Progress.interval : nil,
                // Where the text goes to a terminal it is its own progress.
                onWait: { if text.byteCount == 0 || !text.isOnTerminal { progress.draw() } },
                onEvent: { (event) throws(Failure) in
                    switch event.kind {
                    case ULTRA_KIND_PROGRESS: progress.update(event)
                    case ULTRA_KIND_DELTA:
                        event.withText("reasoning") { (piece) in
                            progress.say("reasoning")
                            progress.count(bytes: piece.count)
                        }
                        try event.withText("text") { (piece) throws(Failure) in
                            if text.isOnTerminal { progress.clear() }
                            progress.say("streaming")
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
