import Glibc
import UltraAPI

/// Colour, weight and line length for a terminal; none for a file. `NO_COLOR` turns colour off (no-color.org).
struct Style {
    let isColoured: Bool
    /// How long a line may be; `nil`: as long as it likes.
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

    /// `text`, or the word itself, in the colour of a state: usable, passing trouble, out.
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

/// `text` without anything that drives a terminal, so that no name or message of another program can.
func printable(_ text: String) -> String { text.printable }

/// `printable`, with blanks for newlines and tabs.
func oneLine(_ text: String) -> String { text.printableLine }
