import UltraAPI

/// The arguments of a call of an earlier turn, which servers read and refuse unless they are a JSON object. Models
/// write anything, above all half an object when they run out of tokens.
enum CallArguments {
    enum Mended: Equatable {
        /// An object; or nothing, which is an empty one and loses nothing.
        case same(String)
        /// It was cut, and was closed.
        case completed(String)
        /// The text stands within an object.
        case wrapped(String)
    }

    /// - Parameter refusesRepeatedKeys: an object that has a member twice is none, nor one of very many values.
    static func isObject(_ arguments: String, refusesRepeatedKeys: Bool = false) -> Bool {
        var arguments = arguments
        return arguments.withUTF8 { bytes in
            // What models mostly write for nothing.
            if bytes.count == 2, bytes[0] == UInt8(ascii: "{"), bytes[1] == UInt8(ascii: "}") { return true }
            do throws(JSONError) {
                // To remember names takes its time: of very many it is not asked whether they are repeated.
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

    static func mended(_ arguments: String, refusesRepeatedKeys: Bool = false) -> Mended {
        if isObject(arguments, refusesRepeatedKeys: refusesRepeatedKeys) { return .same(arguments) }
        let trimmed = Settings.trimmed(Substring(arguments))
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
}

/// The beginning of a JSON object whose end is missing. Read once; whether what comes out is JSON is for a reader to
/// say.
private struct CutObject {
    private var bytes: [UInt8]
    /// What closes each open object or array.
    private var closers: [UInt8] = []
    /// Up to where everything is whole: a value has ended, or an object or array has begun.
    private var whole = 0
    private var isInString = false
    /// The string that is open, or was read last, is the name of a member.
    private var isName = false
    private var stringStart = 0
    /// Bytes of an escape that is not complete.
    private var escapeStart: Int?
    private var literalStart: Int?

    init(_ text: String) {
        bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "{") else { return }
        read()
    }

    /// nil: it was not cut, it is something else.
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
                // What follows a whole object is no rest of it.
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

    /// Returns the index to read on from.
    private mutating func readString(_ byte: UInt8, at index: Int) -> Int {
        switch byte {
        case UInt8(ascii: "\\"):
            let isUnicode = index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "u")
            let end = index + (isUnicode ? 6 : 2)
            if end > bytes.count { escapeStart = escapeStart ?? index }
            // Half of a pair means nothing without the other.
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

    /// A word or a number that may lack its end; empty: it says nothing yet; nil: it is neither.
    private static func completed(_ literal: ArraySlice<UInt8>) -> [UInt8]? {
        for word in ["true", "false", "null"] where word.utf8.starts(with: literal) { return Array(word.utf8) }
        guard literal.allSatisfy({ $0.isDigit || "+-.eE".utf8.contains($0) }) else { return nil }
        return Array(literal.reversed().drop { !$0.isDigit }.reversed())
    }
}

extension ToolCall {
    /// The arguments of a call of a mended request, as JSON.
    var object: RawJSON {
        let bytes = Array(arguments.utf8)
        guard bytes.first?.isJSONWhitespace == true || bytes.last?.isJSONWhitespace == true else {
            return RawJSON(validated: bytes)
        }
        let start = bytes.drop(while: \.isJSONWhitespace)
        return RawJSON(validated: Array(start[...(start.lastIndex { !$0.isJSONWhitespace } ?? start.startIndex)]))
    }
}
