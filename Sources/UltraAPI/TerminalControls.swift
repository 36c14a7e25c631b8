/// Characters that act on a terminal instead of being shown there. Names, messages and answers come from providers and
/// clients, and are printed and logged without any of them.
extension Unicode.Scalar {
    /// C0, C1 (ECMA-48; U+009B begins a sequence like ESC [) and DEL.
    package var isControl: Bool { self < " " || ("\u{7F}"..."\u{9F}").contains(self) }

    /// Embeddings, overrides and isolates of the bidirectional algorithm (Unicode Standard Annex #9, 2), which let a
    /// text be shown in another order than it has.
    package var reordersText: Bool {
        ("\u{202A}"..."\u{202E}").contains(self) || ("\u{2066}"..."\u{2069}").contains(self)
    }

    /// Any of them but newline and tab, which every text may have.
    package var drivesTerminal: Bool { isControl && self != "\n" && self != "\t" || reordersText }
}

extension String {
    /// The text with U+FFFD in place of each character that drives a terminal. Newlines and tabs stay; CR LF becomes a
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

    /// `printable`, with blanks for newlines and tabs.
    package var printableLine: String {
        let text = printable
        guard text.utf8.contains(where: { $0 < 0x20 }) else { return text }
        return String(decoding: text.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }

    /// Whether the UTF-8 of a character that drives a terminal can begin so: most texts need no second look.
    fileprivate static func beginsControl(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xE2
    }
}

package enum TerminalJSON {
    /// A JSON text that means the same, in which every character that drives a terminal is an escape (RFC 8259, 7).
    ///
    /// - Parameter json: valid JSON, which has such characters inside of strings only.
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
