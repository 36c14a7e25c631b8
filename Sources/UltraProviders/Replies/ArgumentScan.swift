/// How far the JSON text of a call's arguments has come, piece by piece.
///
/// It only counts brackets and quotes: a model may write what is no JSON, and such arguments are handed on as they are.
/// Arguments that were cut are another matter, and end inside a bracket or a string.
struct ArgumentScan: Sendable, Equatable {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// A bracket or a quote was the first byte that is not white space; nil: no such byte came.
    private var isEnclosed: Bool?
    private var hasClosed = false
    /// The bytes without white space between values: equal for texts that differ in their layout alone.
    private(set) var significant = SaidText()

    init() {}

    init(_ text: String) {
        take(text)
    }

    /// Nothing but white space came.
    var isBlank: Bool { isEnclosed == nil }
    /// What was opened is not closed.
    var isOpen: Bool { isEnclosed == true && !hasClosed }
    /// An object, an array or a string came to its end.
    var isWhole: Bool { hasClosed }

    mutating func take(_ piece: String) {
        for byte in piece.utf8 { take(byte) }
    }

    private mutating func take(_ byte: UInt8) {
        if isInString {
            significant.add(byte)
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
                if depth == 0 { hasClosed = true }
            }
            return
        }
        guard !byte.isJSONWhitespace else { return }
        significant.add(byte)
        switch byte {
        case UInt8(ascii: "\""):
            isInString = true
            isEnclosed = isEnclosed ?? true
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            isEnclosed = isEnclosed ?? true
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            // A closing bracket too many changes nothing.
            guard depth > 0 else { break }
            depth -= 1
            if depth == 0 { hasClosed = true }
        default:
            isEnclosed = isEnclosed ?? false
        }
    }
}

extension String {
    /// Nothing but white space.
    var isBlankJSON: Bool { utf8.allSatisfy(\.isJSONWhitespace) }

    /// The first byte that is not white space opens an object.
    var beginsObject: Bool { utf8.first { !$0.isJSONWhitespace } == UInt8(ascii: "{") }

    var isNullJSON: Bool { isOnly("null") }

    /// Arguments that say nothing: an empty object, or `null`.
    var isEmptyArguments: Bool { isOnly("{}") || isNullJSON }

    /// It is `word` but for white space.
    private func isOnly(_ word: StaticString) -> Bool {
        // Longer ones hold something.
        guard utf8.count <= 16 else { return false }
        return utf8.lazy.filter { !$0.isJSONWhitespace }
            .elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
}
