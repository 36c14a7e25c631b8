import Glibc

/// The texts that were entered, oldest first, and the position of the user in them.
struct History {
    /// The largest number of entries.
    static let limit = 1000

    private(set) var entries: [String]
    /// The index of the shown entry; `entries.count`: the draft is shown.
    private var position: Int
    /// The unfinished text that was shown before the first step back.
    private var draft = ""
    /// Stores a new entry.
    private let keep: (String) -> Void

    init(_ entries: [String] = [], keep: @escaping (String) -> Void = { _ in }) {
        self.entries = entries.suffix(Self.limit)
        position = self.entries.count
        self.keep = keep
    }

    /// Adds an entry, unless it is empty, equals the last one or begins with a blank.
    mutating func append(_ text: String) {
        defer { rewind() }
        guard !text.isEmpty, !text.hasPrefix(" "), text != entries.last else { return }
        entries.append(text)
        if entries.count > Self.limit { entries.removeFirst() }
        keep(text)
    }

    mutating func rewind() {
        position = entries.count
        draft = ""
    }

    /// Steps back to the previous entry; `nil`: there is none.
    ///
    /// - Parameter text: the text of the line now, which is kept as the draft.
    mutating func older(than text: String) -> String? {
        guard position > 0 else { return nil }
        if position == entries.count { draft = text }
        position -= 1
        return entries[position]
    }

    /// Steps forward to the next entry or the draft; `nil`: the draft is shown already.
    mutating func newer() -> String? {
        guard position < entries.count else { return nil }
        position += 1
        return position == entries.count ? draft : entries[position]
    }

    // MARK: - Lines of the file

    /// Encodes an entry as one line: a backslash becomes `\\`, a newline `\n`.
    static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }

    /// Decodes a line.
    static func text(_ line: some StringProtocol) -> String {
        var text = ""
        var isEscaped = false
        for scalar in line.unicodeScalars {
            if !isEscaped, scalar == "\\" {
                isEscaped = true
                continue
            }
            text.unicodeScalars.append(isEscaped && scalar == "n" ? "\n" : scalar)
            isEscaped = false
        }
        return text
    }
}

/// The file of the history, `$XDG_STATE_HOME/ultractl/history`, which only its owner can read.
struct HistoryFile {
    /// The number of lines beyond `History.limit` at which the file is rewritten.
    private static let slack = 1000

    let path: String

    /// `nil`: neither `XDG_STATE_HOME` nor `HOME` is an absolute path.
    init?() {
        func value(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let state = value("XDG_STATE_HOME") ?? value("HOME").map({ $0 + "/.local/state" }), state.hasPrefix("/")
        else { return nil }
        path = state + "/ultractl/history"
    }

    /// Reads the history, whose new entries are appended to the file; failures to read or write are ignored.
    func load() -> History {
        let lines = ((try? InputFile(path: path))?.text ?? "").split(whereSeparator: \.isNewline)
        let kept = lines.suffix(History.limit)
        if lines.count > History.limit + Self.slack { write(kept.map { $0 + "\n" }.joined(), isAnew: true) }
        return History(kept.map(History.text)) { [self] entry in write(History.line(entry) + "\n", isAnew: false) }
    }

    private func write(_ text: String, isAnew: Bool) {
        makeFolders()
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (isAnew ? O_TRUNC : O_APPEND), 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        // A file that already existed may be readable by others.
        fchmod(file, 0o600)
        // One call with O_APPEND, so that lines of two processes do not mix.
        let bytes = Array(text.utf8)
        _ = Glibc.write(file, bytes, bytes.count)
    }

    private func makeFolders() {
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/" + part
            // The XDG base directory specification demands mode 0700 of directories that are created.
            mkdir(folder, 0o700)
        }
    }
}
