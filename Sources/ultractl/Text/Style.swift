import Glibc
import UltraAPI

/// The colours and line length of an output; a file or pipe has neither. `NO_COLOR` turns colours off (no-color.org).
struct Style {
    let isColoured: Bool
    /// The longest line; `nil`: no limit.
    let columns: Int?

    init(isColoured: Bool = false, columns: Int? = nil) {
        self.isColoured = isColoured
        self.columns = columns
    }

    init(for output: Output) {
        func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        isColoured = output.isTerminal && (value("NO_COLOR") ?? "").isEmpty && value("TERM") != "dumb"
        columns = output.width
    }

    func bold(_ text: String) -> String { paint(text, "1") }
    func dim(_ text: String) -> String { paint(text, "2") }
    func red(_ text: String) -> String { paint(text, "31") }
    func green(_ text: String) -> String { paint(text, "32") }
    func yellow(_ text: String) -> String { paint(text, "33") }

    /// Paints `text`, or the word itself, in the colour of a state: green for usable, yellow for a passing problem, red
    /// for unusable, dim for others.
    func state(_ word: String, as text: String? = nil) -> String {
        let text = text ?? word
        return switch word {
        case "available", "running": green(text)
        case "degraded", "rate_limited", "quota_exceeded", "loading", "draining": yellow(text)
        case "unavailable", "unauthorized": red(text)
        default: dim(text)
        }
    }

    private func paint(_ text: String, _ code: String) -> String {
        isColoured && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

/// Replaces control characters, so that a name or message from outside cannot control the terminal.
func printable(_ text: String) -> String { text.printable }

/// As `printable`, and replaces newlines and tabs by blanks.
func oneLine(_ text: String) -> String { text.printableLine }

extension Unicode.Scalar {
    /// Wide characters other than emoji (Unicode Standard Annex #11, classes W and F).
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
        0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x1B2FF, 0x1F200...0x1F2FF,
        0x20000...0x3FFFD,
    ]

    /// The width on a terminal in columns: 0 for combining characters, else 1 or 2.
    fileprivate var columns: Int {
        if value < 0x300 { return 1 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        return properties.isEmojiPresentation || Self.wide.contains { $0.contains(value) } ? 2 : 1
    }
}

extension Character {
    /// The width on a terminal in columns.
    var columns: Int {
        guard !isASCII else { return 1 }
        // Variation selector 16 selects the emoji form, which is wide.
        return unicodeScalars.reduce(0) { max($0, $1 == "\u{FE0F}" ? 2 : $1.columns) }
    }
}

extension String {
    /// The width on a terminal in columns, for one line without control characters.
    var columns: Int { reduce(0) { $0 + $1.columns } }

    /// The text in at most `limit` columns; a longer text is cut and ends in an ellipsis.
    func clipped(to limit: Int) -> String {
        guard columns > limit else { return self }
        guard limit > 0 else { return "" }
        return head(limit - 1) + "…"
    }

    /// The text as lines of at most `limit` columns, broken between words; a longer word is broken too.
    func wrapped(to limit: Int) -> [String] {
        let limit = max(2, limit)
        guard columns > limit else { return [self] }
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ") {
            var word = String(word)
            if !line.isEmpty, line.columns + 1 + word.columns > limit {
                lines.append(line)
                line = ""
            }
            while word.columns > limit {
                let head = word.head(limit)
                lines.append(head)
                word.removeFirst(head.count)
            }
            line += line.isEmpty ? word : " " + word
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// The longest prefix of at most `limit` columns.
    private func head(_ limit: Int) -> String {
        var used = 0
        return String(
            prefix { character in
                used += character.columns
                return used <= limit
            })
    }

    /// The text with trailing blanks up to `width` columns.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - columns))
    }

    func trimmingTrailingBlanks() -> String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
