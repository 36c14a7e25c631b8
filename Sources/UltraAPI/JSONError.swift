/// Why a text is not the JSON (RFC 8259) that was expected.
package struct JSONError: Error, Equatable, Sendable {
    /// The kinds of flaws of a JSON text.
    package enum Kind: Equatable, Sendable {
        /// The text ends inside a value.
        case unexpectedEnd
        /// A byte that the grammar does not allow here.
        case unexpectedByte
        /// The next value has another type.
        case wrongType(expected: JSONKind, found: JSONKind)
        case invalidNumber
        /// The number does not fit the requested type.
        case numberOutOfRange
        /// An integer was requested and the number has a fraction.
        case notAnInteger
        /// A byte below 0x20 inside a string (RFC 8259, section 7).
        case controlCharacter
        case invalidEscape
        /// A `\u` escape for half of a surrogate pair without the other half.
        case loneSurrogate
        case invalidUTF8
        /// Nested more deeply than the reader accepts.
        case tooDeep
        /// Only with a bound on values, see `JSONReader.init`.
        case tooManyValues
        /// Only with `JSONReader.DuplicateKeys.reject`.
        case duplicateKey
        /// Something other than white space follows the value.
        case trailingBytes
        /// The text begins with U+FEFF, which RFC 8259, section 8.1 forbids to senders.
        case byteOrderMark
    }

    package let kind: Kind
    /// The number of bytes before the error.
    package let offset: Int

    package init(_ kind: Kind, offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    /// For example `a control character inside a string, at byte 17`. Never contains part of the text.
    package var description: String { "\(kind), at byte \(offset)" }
}

extension JSONError.Kind: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unexpectedEnd: "the text ends inside a value"
        case .unexpectedByte: "an unexpected character"
        case .wrongType(let expected, let found): "\(found) where \(expected) was expected"
        case .invalidNumber: "a malformed number"
        case .numberOutOfRange: "a number too large"
        case .notAnInteger: "a fraction where an integer was expected"
        case .controlCharacter: "a control character inside a string"
        case .invalidEscape: "an invalid escape"
        case .loneSurrogate: "half of a surrogate pair"
        case .invalidUTF8: "bytes that are not UTF-8"
        case .tooDeep: "too many levels of nesting"
        case .tooManyValues: "too many values"
        case .duplicateKey: "a duplicate name in an object"
        case .trailingBytes: "more text after the value"
        case .byteOrderMark: "a byte order mark"
        }
    }
}

/// The six value types of RFC 8259.
package enum JSONKind: Sendable, Equatable {
    case object, array, string, number, bool, null
}
