/// Why a text is not the JSON (RFC 8259) its reader asked for.
package struct JSONError: Error, Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// The text ends inside a value.
        case unexpectedEnd
        /// A byte the grammar does not allow there.
        case unexpectedByte
        /// The value is well-formed so far, but of another type.
        case wrongType(expected: JSONKind, found: JSONKind)
        case invalidNumber
        /// The number does not fit the type asked for.
        case numberOutOfRange
        /// An integer was asked for, the number has a fraction.
        case notAnInteger
        /// A byte below 0x20 inside a string (RFC 8259, section 7).
        case controlCharacter
        case invalidEscape
        /// A `\u` escape that is one half of a surrogate pair without the other.
        case loneSurrogate
        case invalidUTF8
        case tooDeep
        /// Only with a bound on values, see `JSONReader.init`.
        case tooManyValues
        /// Only with `JSONReader.DuplicateKeys.reject`.
        case duplicateKey
        /// More than white space after the value.
        case trailingBytes
        /// RFC 8259, section 8.1: a sender must not add one.
        case byteOrderMark
    }

    package let kind: Kind
    /// Bytes before the place where the error was noticed.
    package let offset: Int

    package init(_ kind: Kind, offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    /// Such as `a control character inside a string, at byte 17`; never a part of the text itself.
    package var description: String { "\(kind), at byte \(offset)" }
}

extension JSONError.Kind: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unexpectedEnd: "the text ends inside a value"
        case .unexpectedByte: "a character that does not belong there"
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
        case .duplicateKey: "a name that comes twice in one object"
        case .trailingBytes: "more text after the value"
        case .byteOrderMark: "a byte order mark"
        }
    }
}
