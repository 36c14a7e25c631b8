internal import UltraProviders

/// Variables, trimmed and without quotes around them, those of the process before those of a `.env` file. An empty one
/// counts as unset.
struct Environment {
    private(set) var values: [String: String]

    /// - Parameter values: of the process. `docker run --env-file` and others keep the quotes of a file.
    init(_ values: [String: String]) {
        self.values = values.mapValues { Quotes.removed(from: Self.trimmed($0[...])) }.filter { !$0.value.isEmpty }
    }

    subscript(_ name: String) -> String? { values[name] }

    /// Sets what is unset; `key` is the configuration key it comes from, for what is said of it later.
    mutating func fill(_ name: String, _ value: String, from key: String, _ problems: inout Problems) {
        guard values[name] == nil else { return }
        values[name] = value
        problems.attribute(name, to: key)
    }

    /// Sets it whatever it was: a credential is nearer than the environment.
    mutating func override(_ name: String, _ value: String, from place: String, _ problems: inout Problems) {
        values[name] = value
        problems.attribute(name, to: place)
    }

    /// `true`, `1`, `yes`, `on` and their opposites; `nil`: unset, or refused.
    func flag(_ name: String, _ problems: inout Problems) -> Bool? {
        guard let text = values[name] else { return nil }
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default:
            problems.refuse(name, "must be true or false")
            return nil
        }
    }

    /// Reads lines of `NAME=VALUE`, where the value may be quoted, `export` and blanks before and comments between.
    /// Lines end as on any system, and a byte order mark may come first.
    ///
    /// Single quotes keep everything; in double quotes `\"`, `\\`, `\n` are one character; outside of them a `#`
    /// after a blank or tab begins a comment.
    mutating func add(_ text: String, path: String, _ problems: inout Problems) {
        var fresh: [String: String] = [:]
        // CR LF is one Character, and no newline to a split by "\n".
        let lines = text.drop { $0 == "\u{FEFF}" }.split(omittingEmptySubsequences: false) {
            $0 == "\n" || $0 == "\r\n" || $0 == "\r"
        }
        for (index, raw) in lines.enumerated() {
            let place = Problems.Place(file: path, line: index + 1)
            var line = Self.trimmed(raw)
            // systemd.exec(5), EnvironmentFile=: a semicolon begins a comment too.
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("export"), line.dropFirst(6).first?.isWhitespace == true {
                line = Self.trimmed(line.dropFirst(6))
            }
            let left = line.prefix { $0 != "=" }
            let name = Self.trimmed(left)
            let isName = name.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte)
            }
            // Never the line itself: it may hold a key.
            guard isName, !name.isEmpty, left.endIndex < line.endIndex else {
                problems.refuse(at: place, "is not NAME=VALUE")
                continue
            }
            guard let value = Self.value(Self.trimmed(line[left.endIndex...].dropFirst())) else {
                problems.refuse(at: place, "\(name) has a quote that does not end")
                continue
            }
            fresh[String(name)] = value
            if values[String(name)] == nil { problems.note(String(name), at: place) }
        }
        for (name, value) in fresh where values[name] == nil && !value.isEmpty { values[name] = value }
    }

    /// `nil`: a quote does not end, or something follows it.
    private static func value(_ text: Substring) -> String? {
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            guard !text.hasPrefix("#") else { return "" }
            var end = text.startIndex
            while end < text.endIndex, !text[end...].hasPrefix(" #"), !text[end...].hasPrefix("\t#") {
                end = text.index(after: end)
            }
            return String(trimmed(text[..<end]))
        }
        var value = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == quote {
                let tail = trimmed(rest)
                return tail.isEmpty || tail.hasPrefix("#") ? value : nil
            }
            if character == "\\", quote == "\"", let next = rest.popFirst() {
                value.append(next == "n" ? "\n" : next)
            } else {
                value.append(character)
            }
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
