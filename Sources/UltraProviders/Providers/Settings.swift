package import UltraAPI

/// Reads settings from an environment and collects the problems found. An empty variable counts as unset.
struct Settings {
    let environment: [String: String]
    var problems: [Provider.Problem] = []

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    /// Parses `true`, `1`, `yes`, `on` and their opposites, in upper or lower case.
    mutating func flag(_ variable: String, default: Bool) -> Bool {
        guard let text = value(variable) else { return `default` }
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default:
            problem(variable, "must be true or false")
            return `default`
        }
    }

    mutating func number(_ variable: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = value(variable) else { return nil }
        if let number = Int(text), range.contains(number) { return number }
        problem(variable, "must be a number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    /// Reads the keys from the first variable that is set.
    mutating func keys(_ variables: [String]) -> [Secret] {
        guard let variable = variables.first(where: { value($0) != nil }), let text = value(variable) else { return [] }
        if let keys = Secret.keys(in: text) { return keys }
        problem(variable, "holds a key with a blank, a control character or a letter that is not ASCII")
        return []
    }

    mutating func headerValue(_ variable: String) -> String? {
        guard let text = value(variable) else { return nil }
        if Self.isHeaderValue(text) { return text }
        problem(variable, "holds a blank, a control character or a letter that is not ASCII")
        return nil
    }

    /// Reads the endpoint of `kind` from the first of its variables that is set, or else uses its default.
    mutating func endpoint(_ kind: ProviderKind, allowsPlaintext: Bool) -> Endpoint? {
        let variable = kind.endpointVariables.first { value($0) != nil }
        let text = variable.flatMap(value) ?? kind.defaultEndpoint
        do throws(Endpoint.Flaw) {
            return try Endpoint(text, versionPath: kind.versionPath, allowsPlaintext: allowsPlaintext)
        } catch {
            problem(variable ?? kind.id, error.reason)
            return nil
        }
    }

    /// The variable's value without surrounding white space; nil if unset or empty.
    func value(_ variable: String) -> String? {
        let text = environment[variable].map { Self.trimmed(Substring($0)) }
        return text == "" ? nil : text
    }

    mutating func problem(_ variable: String, _ reason: String) {
        problems.append(Provider.Problem(setting: variable, reason: reason))
    }

    static func trimmed(_ text: Substring) -> String {
        let whole = String(text)
        let start = whole.wordStart
        return start == whole.endIndex ? "" : String(whole[start..<whole.wordEnd])
    }

    static func isHeaderValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// Removal of quotes that belong to the syntax of an environment file but were read as part of a value.
package enum Quotes {
    /// Returns `text` without a pair of single or double quotes around it.
    package static func removed(from text: some StringProtocol) -> String {
        guard text.count >= 2, let first = text.first, first == "\"" || first == "'", text.last == first else {
            return String(text)
        }
        return Settings.trimmed(Substring(text.dropFirst().dropLast()))
    }
}

extension Secret {
    /// Splits a text into keys at commas and line ends, without blanks, quotes or a byte order mark around them, and
    /// without duplicates; nil if a key has a character that a header field cannot hold.
    package static func keys(in text: String) -> [Secret]? {
        var keys: [Secret] = []
        let text = Quotes.removed(from: Settings.trimmed(text.drop { $0 == "\u{FEFF}" }))
        for piece in text.split(whereSeparator: { $0 == "," || $0.isNewline }) {
            let key = Quotes.removed(from: Settings.trimmed(piece))
            guard Settings.isHeaderValue(key) else { return nil }
            if !key.isEmpty, !keys.contains(Secret(key)) { keys.append(Secret(key)) }
        }
        return keys
    }
}
