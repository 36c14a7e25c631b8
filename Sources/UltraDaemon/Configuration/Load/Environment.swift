internal import UltraProviders
internal import UltraSystem

/// The environment variables of the process and of a `.env` file; the process's have precedence. White space and
/// quotes around a value are removed; an empty value counts as unset.
struct Environment {
    private(set) var values: [String: String]

    /// - Parameter values: the variables of the process. Programs such as `docker run --env-file` leave quotes in them.
    init(_ values: [String: String]) {
        self.values = values.mapValues { Quotes.removed(from: Self.trimmed($0[...])) }.filter { !$0.value.isEmpty }
    }

    subscript(_ name: String) -> String? { values[name] }

    /// Sets a variable that is unset. Later problems of the variable are reported as problems of the configuration key
    /// `key`.
    mutating func fill(_ name: String, _ value: String, from key: String, _ problems: inout Problems) {
        guard values[name] == nil else { return }
        values[name] = value
        problems.attribute(name, to: key)
    }

    /// Sets a variable to the value of a credential, which has precedence over the environment. Later problems of the
    /// variable are reported as problems of `source`.
    mutating func override(_ name: String, _ value: String, from source: String, _ problems: inout Problems) {
        values[name] = value
        problems.attribute(name, to: source)
    }

    /// The value of a Boolean variable: `true`, `1`, `yes`, `on`, or `false`, `0`, `no`, `off`.
    /// - Returns: nil: the variable is unset, or its value is none of these, which is a problem.
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

    /// Adds the variables of a `.env` file: lines of `NAME=VALUE`, each with an optional `export` before it, empty lines
    /// and comments. Lines end with LF, CR LF or CR; the file may start with a byte order mark.
    ///
    /// A value may be quoted. Single quotes keep every character; double quotes allow the escapes `\"`, `\\` and `\n`.
    /// Outside of quotes, a `#` after a space or tab starts a comment.
    mutating func add(_ text: String, path: String, _ problems: inout Problems) {
        var fresh: [String: String] = [:]
        // CR LF is a single Character, so splitting at "\n" alone would miss it.
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
            // The error does not show the line, because it may contain a key.
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

    /// The value in the text after `=`; nil: a quote is not closed, or text follows it.
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

extension TransportSettings {
    /// Applies the variables for proxies and certificates that HTTP clients commonly read.
    mutating func adopt(_ environment: Environment, version: String) {
        userAgent = "ultrad/\(version)"
        certificateFile = environment["SSL_CERT_FILE"]
        // curl ignores the upper-case HTTP_PROXY, because a CGI client can set it with a `Proxy` header. A daemon is
        // not run as CGI, so it reads both.
        httpProxy = environment["HTTP_PROXY"] ?? environment["http_proxy"]
        httpsProxy = environment["HTTPS_PROXY"] ?? environment["https_proxy"]
        noProxy = environment["NO_PROXY"] ?? environment["no_proxy"]
    }
}
