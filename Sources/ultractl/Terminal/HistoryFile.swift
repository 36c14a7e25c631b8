import Glibc

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
