import Glibc

/// Texts that were entered, the latest last, and where in them somebody is.
struct History {
    /// How many are kept.
    static let limit = 1000

    private(set) var entries: [String]
    /// `entries.count`: at the text that is being written.
    private var position: Int
    private var draft = ""
    /// Called with each new entry.
    private let keep: (String) -> Void

    init(_ entries: [String] = [], keep: @escaping (String) -> Void = { _ in }) {
        self.entries = entries.suffix(Self.limit)
        position = self.entries.count
        self.keep = keep
    }

    /// Adds a text, unless it is that of before, or has a blank in front so that it is not kept.
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

    /// The entry before, if there is one.
    mutating func older(than text: String) -> String? {
        guard position > 0 else { return nil }
        if position == entries.count { draft = text }
        position -= 1
        return entries[position]
    }

    /// The entry behind, or what was being written before the first step back.
    mutating func newer() -> String? {
        guard position < entries.count else { return nil }
        position += 1
        return position == entries.count ? draft : entries[position]
    }

    // MARK: - One line each

    /// A text as a line of a file: line ends and backslashes are escaped.
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

/// Where a history outlives its program: `$XDG_STATE_HOME/ultractl/history`, which its owner alone can read.
struct HistoryFile {
    /// The file is written anew when it has so many lines more than are kept.
    private static let slack = 1000

    let path: String

    /// `nil`: there is no place for it.
    init?() {
        func value(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let state = value("XDG_STATE_HOME") ?? value("HOME").map({ $0 + "/.local/state" }), state.hasPrefix("/")
        else { return nil }
        path = state + "/ultractl/history"
    }

    /// What the file has, and where new entries go. That nothing can be kept is no reason not to talk.
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
        // One made by hand may be open to others.
        fchmod(file, 0o600)
        // One call, so that two programs do not write into each other's lines.
        let bytes = Array(text.utf8)
        _ = Glibc.write(file, bytes, bytes.count)
    }

    private func makeFolders() {
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/" + part
            // The state folder is private by the XDG specification.
            mkdir(folder, 0o700)
        }
    }
}
