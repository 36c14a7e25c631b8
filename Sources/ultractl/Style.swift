import Glibc

/// Colour and weight for a terminal; nothing for a file, or if `NO_COLOR` is set (no-color.org).
struct Style {
    let isColoured: Bool

    init(isColoured: Bool) {
        self.isColoured = isColoured
    }

    init(for output: Output) {
        func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        isColoured = output.isTerminal && (value("NO_COLOR") ?? "").isEmpty && value("TERM") != "dumb"
    }

    func bold(_ text: String) -> String { paint(text, "1") }
    func dim(_ text: String) -> String { paint(text, "2") }
    func red(_ text: String) -> String { paint(text, "31") }
    func green(_ text: String) -> String { paint(text, "32") }
    func yellow(_ text: String) -> String { paint(text, "33") }

    /// A state of a model, provider or daemon: usable, passing trouble, out.
    func state(_ word: String) -> String {
        switch word {
        case "available", "running": green(word)
        case "degraded", "rate_limited", "loading", "draining": yellow(word)
        case "unavailable", "unauthorized": red(word)
        default: dim(word)
        }
    }

    private func paint(_ text: String, _ code: String) -> String {
        isColoured && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

/// `text` with control characters replaced, so that no name or message of somebody else drives the terminal.
func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        clean.append(isControl(scalar) ? "\u{FFFD}" : scalar)
    }
    return String(clean)
}

/// C0 and C1 controls and DEL, except newline and tab.
private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\n", "\t": false
    case "\0"..<" ", "\u{7F}"..."\u{9F}": true
    default: false
    }
}
