import Glibc

/// Reads texts of one or more lines from a terminal.
///
/// Neither library fits: readline is under the GPL, libedit has no bracketed paste, and every verb would have to load
/// their shared libraries.
struct LineEditor {
    /// Turns bracketed paste on.
    static let entering: StaticString = "\u{1B}[?2004h"
    /// Turns bracketed paste off.
    static let leaving: StaticString = "\u{1B}[?2004l"
    private static let prompt = "› "
    private static let continuation = "· "
    /// The longest pause within an escape sequence; after it, ESC is a key by itself.
    private static let sequenceTimeoutMilliseconds: Int32 = 50

    private let output: Output
    private let style: Style
    private var decoder = KeyDecoder()
    /// Keys that are read but not yet handled; they may belong to the next text.
    private var typed: [Key] = []
    private var buffer = EditBuffer()
    /// The layout on the screen; `nil`: none.
    private var shown: LineLayout?
    var history: History

    init(_ output: Output, history: History) {
        self.output = output
        self.history = history
        style = Style(for: output)
    }

    /// Reads a text; `nil`: the user pressed Ctrl-D, or the terminal is gone.
    ///
    /// - Parameters:
    ///   - interrupts: must include SIGWINCH.
    ///   - complete: returns the completions of the text before the cursor, each as a whole line.
    mutating func read(
        _ terminal: borrowing RawTerminal, _ interrupts: borrowing Interrupts, complete: (String) -> [String]
    ) throws(Failure) -> String? {
        terminal.setMode(.raw)
        defer { terminal.setMode(.cbreak) }
        buffer = EditBuffer()
        history.rewind()
        while interrupts.nextSignal() != nil {}  // They were meant for the last request.
        try draw()
        while true {
            while !typed.isEmpty {
                let key = typed.removeFirst()
                if let end = try handle(key, terminal, complete) { return end.text }
            }
            if try draw(ifAnythingChanged: true), let end = try wait(interrupts) { return end.text }
        }
    }

    /// The end of `read`.
    private struct End {
        /// `nil`: end of input.
        var text: String?
    }

    /// Handles a key.
    ///
    /// - Returns: the end of `read`; `nil`: editing continues.
    private mutating func handle(
        _ key: Key, _ terminal: borrowing RawTerminal, _ complete: (String) -> [String]
    ) throws(Failure) -> End? {
        switch key {
        case .enter where !buffer.continueLine():
            try leaveLine()
            history.append(buffer.text)
            return End(text: buffer.text)
        case .enter: break
        case .endOfInput where buffer.isEmpty:
            try leaveLine()
            return End(text: nil)
        case .endOfInput: _ = buffer.apply(.delete)
        case .interrupt: try interrupt()
        case .suspend:
            try leaveLine()
            terminal.suspend()
            try draw()
        case .clearScreen:
            try output.write("\u{1B}[H\u{1B}[2J")
            shown = nil
        case .tab: try self.complete(complete(buffer.before))
        case .up where !buffer.apply(.up):
            if let entry = history.older(than: buffer.text) { buffer.replace(with: entry) }
        case .down where !buffer.apply(.down): if let entry = history.newer() { buffer.replace(with: entry) }
        case .up, .down: break
        default: _ = buffer.apply(key)
        }
        return nil
    }

    private mutating func interrupt() throws(Failure) {
        let wasEmpty = buffer.isEmpty
        try leaveLine()
        if wasEmpty { try output.write(style.dim("Ctrl-D or /quit ends the chat") + "\r\n") }
        buffer = EditBuffer()
        history.rewind()
        try draw()
    }

    /// Appends the common prefix of the completions, or lists them if there is nothing to append.
    private mutating func complete(_ candidates: [String]) throws(Failure) {
        guard let first = candidates.first, buffer.after.isEmpty else { return }
        let common = candidates.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        if common.count > buffer.before.count { return buffer.replace(with: common) }
        guard candidates.count > 1 else { return }
        try leaveLine()
        let words = candidates.map { candidate in
            candidate.split(separator: " ").last.map(String.init) ?? candidate
        }
        let list = oneLine(words.joined(separator: "  ")).wrapped(to: output.width ?? 80)
        try output.write(list.map { style.dim($0) + "\r\n" }.joined())
        try draw()
    }

    /// Waits for keys or a signal.
    ///
    /// - Returns: the end of `read` if the terminal is gone.
    private mutating func wait(_ interrupts: borrowing Interrupts) throws(Failure) -> End? {
        var descriptors = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: interrupts.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let timeout = decoder.isWaiting ? Self.sequenceTimeoutMilliseconds : -1
        let count = poll(&descriptors, nfds_t(descriptors.count), timeout)
        if count == 0 { typed += decoder.flush() }
        while let number = interrupts.nextSignal() {
            if number == SIGINT { typed.append(.interrupt) } else { try redraw() }
        }
        guard descriptors[0].revents != 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let length = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
        if length < 0, errno == EINTR || errno == EAGAIN { return nil }
        guard length > 0 else { return End(text: nil) }
        typed += decoder.feed(bytes[..<length])
        return nil
    }

    // MARK: - Drawing

    private var layout: LineLayout {
        let size = output.size
        return LineLayout(
            buffer, prompt: Self.prompt, continuation: Self.continuation, columns: size?.columns ?? 80
        ).window(max(1, (size?.rows ?? 24) - 1))
    }

    /// Draws the text if it differs from the screen.
    ///
    /// - Returns: always true, so that it can stand in a condition.
    private mutating func draw(ifAnythingChanged: Bool = false) throws(Failure) -> Bool {
        if !ifAnythingChanged || layout != shown { try draw() }
        return true
    }

    private mutating func draw() throws(Failure) {
        let layout = layout
        var text = "\r" + Self.up(shown?.cursorRow ?? 0) + "\u{1B}[J"
        text += layout.rows.map { style.bold($0.prompt) + $0.text }.joined(separator: "\r\n")
        text += "\r" + Self.up(layout.rows.count - 1 - layout.cursorRow)
        if layout.cursorColumn > 0 { text += "\u{1B}[\(layout.cursorColumn)C" }
        try output.write(text)
        shown = layout
    }

    /// Draws the text again after a change of the terminal's size, at which the terminal wraps its rows again.
    private mutating func redraw() throws(Failure) {
        if let shown, let columns = output.size?.columns {
            try output.write("\r" + Self.up(shown.cursorRow(at: columns)))
            self.shown = nil
        }
        try draw()
    }

    /// Moves the cursor to the line below the text.
    private mutating func leaveLine() throws(Failure) {
        let layout = layout
        if layout != shown { try draw() }
        let below = layout.rows.count - 1 - layout.cursorRow
        try output.write((below > 0 ? "\u{1B}[\(below)B" : "") + "\r\n")
        shown = nil
    }

    private static func up(_ rows: Int) -> String { rows > 0 ? "\u{1B}[\(rows)A" : "" }
}

extension String {
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
