/// Characters that control a terminal instead of being displayed. Names, messages and answers come from providers and
/// clients, so they are removed before printing or logging.
extension Unicode.Scalar {
    /// True for C0, C1 and DEL (ECMA-48; U+009B starts a control sequence like ESC [).
    package var isControl: Bool { self < " " || ("\u{7F}"..."\u{9F}").contains(self) }

    /// True for the bidirectional embeddings, overrides and isolates (Unicode Standard Annex #9, section 2), which
    /// display text in a different order.
    package var reordersText: Bool {
        ("\u{202A}"..."\u{202E}").contains(self) || ("\u{2066}"..."\u{2069}").contains(self)
    }

    /// True for either, except newline and tab.
    package var drivesTerminal: Bool { isControl && self != "\n" && self != "\t" || reordersText }
}

extension String {
    /// The text with U+FFFD in place of each character that drives a terminal. Keeps newlines and tabs; CR LF becomes a
    /// newline.
    package var printable: String {
        guard utf8.contains(where: Self.beginsControl),
            unicodeScalars.contains(where: \.drivesTerminal)
        else { return self }
        var clean = String.UnicodeScalarView()
        var isAfterReturn = false
        for scalar in unicodeScalars {
            if isAfterReturn, scalar != "\n" { clean.append("\u{FFFD}") }
            isAfterReturn = scalar == "\r"
            if !isAfterReturn { clean.append(scalar.drivesTerminal ? "\u{FFFD}" : scalar) }
        }
        if isAfterReturn { clean.append("\u{FFFD}") }
        return String(clean)
    }

    /// `printable` on one line: newlines and tabs become spaces.
    package var printableLine: String {
        let text = printable
        guard text.utf8.contains(where: { $0 < 0x20 }) else { return text }
        return String(decoding: text.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }

    /// True if the UTF-8 of a character that drives a terminal can begin with `byte`. A quick test that most texts
    /// fail.
    fileprivate static func beginsControl(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xE2
    }
}

/// Makes JSON safe to print.
package enum TerminalJSON {
    /// Equivalent JSON in which every character that drives a terminal is escaped (RFC 8259, section 7).
    /// - Parameter json: Valid JSON, so that such characters occur only in strings.
    package static func escaped(_ json: [UInt8]) -> [UInt8] {
        let text = String(decoding: json, as: UTF8.self)
        guard json.contains(where: String.beginsControl), text.unicodeScalars.contains(where: \.drivesTerminal) else {
            return json
        }
        var escaped: [UInt8] = []
        escaped.reserveCapacity(json.count + 64)
        for scalar in text.unicodeScalars {
            if scalar.drivesTerminal {
                let digits = String(scalar.value, radix: 16)
                escaped += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
            } else {
                escaped += UTF8.encode(scalar).map(Array.init) ?? []
            }
        }
        return escaped
    }
}
