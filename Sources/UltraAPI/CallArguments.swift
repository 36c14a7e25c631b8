/// The arguments of tool calls in earlier turns. Servers parse them and refuse the request unless they are a JSON
/// object, but models write anything, most often an object cut off by the token limit.
package enum CallArguments {
    /// Arguments that are a JSON object, and how they became one.
    package enum Repaired: Sendable, Equatable {
        /// Unchanged, or `{}` for blank, `null` or `""`: nothing is lost.
        case same(String)
        /// The object was cut off and has been closed.
        case completed(String)
        /// The text is not a JSON object and was put into one, as its member `arguments`.
        case wrapped(String)
    }

    /// - Parameter refusesRepeatedKeys: true rejects an object with two members of the same name, and an object of more
    ///   values than a request may have.
    package static func isObject(_ arguments: String, refusesRepeatedKeys: Bool = false) -> Bool {
        var arguments = arguments
        return arguments.withUTF8 { bytes in
            // The usual form of a call without arguments needs no parsing.
            if bytes.count == 2, bytes[0] == UInt8(ascii: "{"), bytes[1] == UInt8(ascii: "}") { return true }
            do throws(JSONError) {
                // The search for duplicates remembers every name, so the number of values is bounded.
                var reader = JSONReader(
                    UnsafeRawBufferPointer(bytes), maxValues: refusesRepeatedKeys ? RequestBound.values.most : .max,
                    duplicateKeys: refusesRepeatedKeys ? .reject : .lastWins)
                guard try reader.kind() == .object else { return false }
                try reader.skip()
                try reader.end()
                return true
            } catch {
                return false
            }
        }
    }

    /// Converts any text to the JSON text of an object: unchanged, completed if it was cut, or as the member
    /// `arguments` of a new object.
    ///
    /// - Parameter refusesRepeatedKeys: True if an object with two members of one name counts as invalid.
    package static func repaired(_ arguments: String, refusesRepeatedKeys: Bool = false) -> Repaired {
        if isObject(arguments, refusesRepeatedKeys: refusesRepeatedKeys) { return .same(arguments) }
        let trimmed = trimmed(arguments)
        if trimmed.isEmpty || trimmed == "null" || trimmed == "\"\"" { return .same("{}") }
        if let completed = CutObject(trimmed).completed,
            isObject(completed, refusesRepeatedKeys: refusesRepeatedKeys)
        {
            return .completed(completed)
        }
        var json = JSONWriter()
        json.beginObject()
        json.field("arguments", arguments)
        json.endObject()
        return .wrapped(String(decoding: json.bytes, as: UTF8.self))
    }

    /// The arguments as a JSON object, for a place that takes nothing else.
    package static func object(_ arguments: String) -> RawJSON {
        switch repaired(arguments) {
        case .same(let text), .completed(let text), .wrapped(let text): RawJSON(validated: Array(text.utf8))
        }
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}

/// The beginning of a JSON object whose end is missing. It is scanned once and not validated: the caller parses the
/// result.
private struct CutObject {
    private var bytes: [UInt8]
    /// The closing brackets that are still missing, outermost first.
    private var closers: [UInt8] = []
    /// The length of the longest prefix that ends after a complete value or an opening bracket.
    private var whole = 0
    private var isInString = false
    /// True if the current or last string is a member's name.
    private var isName = false
    private var stringStart = 0
    /// The start of an incomplete escape sequence.
    private var escapeStart: Int?
    private var literalStart: Int?

    init(_ text: String) {
        bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "{") else { return }
        read()
    }

    /// The object with its last value and its brackets closed; nil if the text is not the beginning of an object.
    var completed: String? {
        guard !closers.isEmpty else { return nil }
        var text: [UInt8]
        if isInString, !isName {
            text = Array(bytes[..<(escapeStart ?? bytes.count)])
            text.append(UInt8(ascii: "\""))
        } else if let literalStart {
            guard !isName, let literal = Self.completed(bytes[literalStart...]) else { return nil }
            text = literal.isEmpty ? Array(bytes[..<whole]) : Array(bytes[..<literalStart]) + literal
        } else {
            text = Array(bytes[..<whole])
        }
        text += closers.reversed()
        return String(validating: text, as: UTF8.self)
    }

    private mutating func read() {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if isInString {
                index = readString(byte, at: index)
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                isInString = true
                stringStart = index
                escapeStart = nil
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                closers.append(byte == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]"))
                isName = byte == UInt8(ascii: "{")
                whole = index + 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                endLiteral(at: index)
                guard closers.popLast() == byte else {
                    closers = []
                    return
                }
                whole = index + 1
                // Text after a complete object means that it was not cut off.
                if closers.isEmpty { return }
            case UInt8(ascii: ","):
                endLiteral(at: index)
                isName = closers.last == UInt8(ascii: "}")
            case UInt8(ascii: ":"):
                isName = false
            case _ where byte.isJSONWhitespace:
                endLiteral(at: index)
            default:
                if literalStart == nil { literalStart = index }
            }
            index += 1
        }
    }

    /// Processes one byte of a string and returns the index of the next byte to read.
    private mutating func readString(_ byte: UInt8, at index: Int) -> Int {
        switch byte {
        case UInt8(ascii: "\\"):
            let isUnicode = index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "u")
            let end = index + (isUnicode ? 6 : 2)
            if end > bytes.count { escapeStart = escapeStart ?? index }
            // A high surrogate without its low surrogate is incomplete too.
            if isUnicode, end <= bytes.count { escapeStart = isHighSurrogate(at: index) ? index : nil }
            if !isUnicode, end <= bytes.count { escapeStart = nil }
            return min(end, bytes.count)
        case UInt8(ascii: "\""):
            isInString = false
            if !isName { whole = index + 1 }
        default:
            escapeStart = nil
        }
        return index + 1
    }

    private func isHighSurrogate(at index: Int) -> Bool {
        (bytes[index + 2] | 0x20) == UInt8(ascii: "d")
            && [UInt8(ascii: "8"), UInt8(ascii: "9"), UInt8(ascii: "a"), UInt8(ascii: "b")]
                .contains(bytes[index + 3] | 0x20)
    }

    private mutating func endLiteral(at index: Int) {
        if literalStart != nil, !isName { whole = index }
        literalStart = nil
    }

    /// Completes a literal or number that may lack its end. Empty if there is nothing to keep; nil if it is neither.
    private static func completed(_ literal: ArraySlice<UInt8>) -> [UInt8]? {
        for word in ["true", "false", "null"] where word.utf8.starts(with: literal) { return Array(word.utf8) }
        guard literal.allSatisfy({ isDigit($0) || "+-.eE".utf8.contains($0) }) else { return nil }
        return Array(literal.reversed().drop { !isDigit($0) }.reversed())
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}

extension UInt8 {
    /// The white space of JSON (RFC 8259, section 2).
    fileprivate var isJSONWhitespace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
