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
