/// Tracks how complete the JSON text of a call's arguments is, piece by piece.
///
/// It only matches brackets and quotes. Models may write arguments that are not JSON, and those are passed on
/// unchanged; arguments that were cut off end inside a bracket or a string.
struct ArgumentScan: Sendable, Equatable {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// True if the first byte that is not white space was a bracket or a quote; nil if there was no such byte yet.
    private var isEnclosed: Bool?
    private var hasClosed = false
    /// The digest of the text without white space between values: equal for texts that differ in layout only.
    private(set) var significant = TextDigest()

    init() {}

    init(_ text: String) {
        add(text)
    }

    /// True if only white space was received.
    var isBlank: Bool { isEnclosed == nil }
    /// True if a bracket or string is still open.
    var isOpen: Bool { isEnclosed == true && !hasClosed }
    /// True if an object, an array or a string was completed.
    var isWhole: Bool { hasClosed }

    mutating func add(_ piece: String) {
        var piece = piece
        piece.withUTF8 { bytes in
            var index = 0
            while index < bytes.count {
                if isInString, !isEscaped { index = addPlain(bytes, from: index) }
                guard index < bytes.count else { return }
                add(bytes[index])
                index += 1
            }
        }
    }

    /// Adds the bytes of a string up to the next quote or backslash, and returns its index.
    private mutating func addPlain(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var digest = significant
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") {
            digest.add(bytes[index])
            index += 1
        }
        significant = digest
        return index
    }

    private mutating func add(_ byte: UInt8) {
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
            // A closing bracket without an opening one is ignored.
            guard depth > 0 else { break }
            depth -= 1
            if depth == 0 { hasClosed = true }
        default:
            isEnclosed = isEnclosed ?? false
        }
    }
}

extension String {
    /// True if the string is empty or only white space.
    var isBlankJSON: Bool { utf8.allSatisfy(\.isJSONWhitespace) }

    /// True if the first byte that is not white space is `{`.
    var beginsObject: Bool { utf8.first { !$0.isJSONWhitespace } == UInt8(ascii: "{") }

    var isNullJSON: Bool { isOnly("null") }

    /// True for arguments without content: an empty object, or `null`.
    var isEmptyArguments: Bool { isOnly("{}") || isNullJSON }

    /// True if the string is `word`, ignoring white space.
    private func isOnly(_ word: StaticString) -> Bool {
        // A longer text cannot be the word with some white space; do not scan it.
        guard utf8.count <= 16 else { return false }
        return utf8.lazy.filter { !$0.isJSONWhitespace }
            .elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
}
