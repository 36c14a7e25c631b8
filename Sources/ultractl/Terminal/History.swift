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
