/// A pull parser for one JSON text: strict RFC 8259, builds no tree and copies only the values requested.
///
/// Provider replies are read with `JSONReader(reply:)`, which tolerates some harmless deviations; everything else is
/// strict.
///
/// The reader borrows its bytes: the reader, its keys and its raw values are valid only as long as they are. Every
/// value must be either read or skipped, and skipping validates as strictly as reading does. After an error the reader
/// must not be used again.
/// ```swift
/// try reader.beginObject()
/// while let key = try reader.nextKey() {
///     switch key {
///     case "model": model = try reader.string()
///     default: try reader.skip()
///     }
/// }
/// try reader.end()
/// ```
package struct JSONReader {
    /// How to treat members with the same name in one object.
    package enum DuplicateKeys: Sendable {
        /// All are returned, in order, so the last one wins.
        case lastWins
        /// Duplicates are an error.
        case reject
    }

    /// The deepest nesting that any reader accepts.
    package static let depthLimit = 64

    let bytes: BorrowedBytes
    /// The number of bytes consumed.
    var position = 0
    /// The number of open objects and arrays.
    var depth = 0
    let maxDepth: Int
    /// The number of values that may still be skipped.
    var valuesLeft: Int
    /// True if a container was just opened: its first member or element has no comma before it.
    var isFresh = false
    /// Member names of every open object; nil if duplicates are allowed.
    var seenKeys: JSONSeenKeys?
    /// True for a provider's reply.
    let isLenient: Bool
    /// True if a string that was read or skipped contained half of a surrogate pair. It reads as U+FFFD.
    package internal(set) var hasMetLoneSurrogate = false
    /// True if a string that was read or skipped contained an escaped U+0000.
    package internal(set) var hasMetNull = false
    /// True if a skipped value is or contains `NaN` or `Infinity`.
    var hasMetNonNumber = false

    /// - Parameters:
    ///   - maxDepth: The deepest nesting accepted, at most `depthLimit`.
    ///   - maxValues: The largest number of values that may be skipped, at all depths.
    package init(
        _ bytes: UnsafeRawBufferPointer, maxDepth: Int = JSONReader.depthLimit, maxValues: Int = .max,
        duplicateKeys: DuplicateKeys = .lastWins
    ) {
        self.bytes = BorrowedBytes(bytes)
        self.maxDepth = min(maxDepth, JSONReader.depthLimit)
        valuesLeft = maxValues
        seenKeys = duplicateKeys == .reject ? JSONSeenKeys() : nil
        isLenient = false
    }

    /// Creates a reader for a provider's reply, or part of one. It skips a byte order mark at the start, reads half of
    /// a surrogate pair as U+FFFD, and can skip, but not read, `NaN`, `Infinity` and `-Infinity`.
    package init(reply bytes: UnsafeRawBufferPointer) {
        self.bytes = BorrowedBytes(bytes)
        maxDepth = JSONReader.depthLimit
        valuesLeft = .max
        isLenient = true
        if self.bytes.startsWithByteOrderMark { position = 3 }
    }

    /// Runs `body` with a reader of `bytes`. `body` calls `end()` if nothing may follow the value.
    package static func read<T, E: Error>(
        _ bytes: [UInt8], maxDepth: Int = JSONReader.depthLimit, maxValues: Int = .max,
        duplicateKeys: DuplicateKeys = .lastWins,
        _ body: (inout JSONReader) throws(E) -> T
    ) throws(E) -> T {
        try bytes.withUnsafeBufferPointer { (buffer) throws(E) -> T in
            var reader = JSONReader(
                UnsafeRawBufferPointer(buffer), maxDepth: maxDepth, maxValues: maxValues, duplicateKeys: duplicateKeys)
            return try body(&reader)
        }
    }

    /// Runs `body` with a reader of a provider's reply.
    package static func read<T, E: Error>(
        reply bytes: [UInt8], _ body: (inout JSONReader) throws(E) -> T
    ) throws(E) -> T {
        try bytes.withUnsafeBufferPointer { (buffer) throws(E) -> T in
            var reader = JSONReader(reply: UnsafeRawBufferPointer(buffer))
            return try body(&reader)
        }
    }

    /// The number of bytes consumed.
    package var offset: Int { position }

    /// The type of the next value, without consuming it.
    package mutating func kind() throws(JSONError) -> JSONKind {
        let byte = try significantByte()
        guard let kind = JSONReader.kind(startingWith: byte) else {
            guard isNonNumber else { throw unexpected() }
            return .number
        }
        return kind
    }

    /// Consumes the `{` of the next value.
    package mutating func beginObject() throws(JSONError) {
        guard try significantByte() == UInt8(ascii: "{") else { throw mismatch(.object) }
        try open()
        seenKeys?.beginObject()
    }

    /// The name of the next member, whose value must be read or skipped before the next call; nil at the end of the
    /// object.
    package mutating func nextKey() throws(JSONError) -> JSONKey? {
        var byte = try significantByte()
        if byte == UInt8(ascii: "}") {
            close()
            seenKeys?.endObject()
            return nil
        }
        if isFresh {
            isFresh = false
        } else {
            guard byte == UInt8(ascii: ",") else { throw unexpected() }
            position += 1
            byte = try significantByte()
        }
        guard byte == UInt8(ascii: "\"") else { throw unexpected() }
        let start = position
        let span = try scanString()
        let key = JSONKey(
            bytes: bytes[span.start..<span.end], hasEscapes: span.hasEscapes)
        if seenKeys?.insert(key) == false { throw JSONError(.duplicateKey, offset: start) }
        guard try significantByte() == UInt8(ascii: ":") else { throw unexpected() }
        position += 1
        return key
    }

    /// Consumes the `[` of the next value.
    package mutating func beginArray() throws(JSONError) {
        guard try significantByte() == UInt8(ascii: "[") else { throw mismatch(.array) }
        try open()
    }

    /// True if another element follows, which must be read or skipped before the next call; false at the end of the
    /// array.
    package mutating func nextElement() throws(JSONError) -> Bool {
        let byte = try significantByte()
        if byte == UInt8(ascii: "]") {
            close()
            return false
        }
        if isFresh {
            isFresh = false
        } else {
            guard byte == UInt8(ascii: ",") else { throw unexpected() }
            position += 1
        }
        return true
    }

    /// Reads `true` or `false`.
    package mutating func bool() throws(JSONError) -> Bool {
        switch try significantByte() {
        case UInt8(ascii: "t"):
            try literal("true")
            return true
        case UInt8(ascii: "f"):
            try literal("false")
            return false
        default:
            throw mismatch(.bool)
        }
    }

    /// nil for `null`.
    package mutating func boolOrNull() throws(JSONError) -> Bool? {
        try consumeNull() ? nil : bool()
    }

    /// Reads `null`.
    package mutating func null() throws(JSONError) {
        guard try consumeNull() else { throw mismatch(.null) }
    }

    /// The bytes consumed so far, if they are the beginning of an object up to the value of one of its members;
    /// otherwise nil. Another reader can `resume(after:)` them.
    package var openingBytes: UnsafeRawBufferPointer? {
        depth == 1 && !isFresh && seenKeys == nil ? bytes[0..<position].buffer : nil
    }

    /// Continues after `opening` if this text begins with the same bytes. They are not validated again, so they must be
    /// another reader's `openingBytes`. Call it before anything is read.
    /// - Returns: false if the text begins differently; nothing is consumed then.
    package mutating func resume(after opening: [UInt8]) -> Bool {
        let isSame = opening.withUnsafeBytes { opening in
            !opening.isEmpty && opening.count <= bytes.count
                && BorrowedBytes(opening).equals(bytes[0..<opening.count])
        }
        guard isSame, position == 0 else { return false }
        position = opening.count
        depth = 1
        return true
    }

    /// Checks that the value is complete and only white space follows it.
    /// - Throws: `.trailingBytes` or `.unexpectedEnd`.
    package mutating func end() throws(JSONError) {
        skipWhitespace()
        guard position == bytes.count else { throw JSONError(.trailingBytes, offset: position) }
        guard depth == 0 else { throw JSONError(.unexpectedEnd, offset: position) }
    }
}

// MARK: - Steps

extension JSONReader {
    /// The next byte that is not white space, without consuming it.
    @inline(__always)
    mutating func significantByte() throws(JSONError) -> UInt8 {
        if position < bytes.count, bytes[position] > 0x20 { return bytes[position] }
        skipWhitespace()
        guard position < bytes.count else { throw JSONError(.unexpectedEnd, offset: position) }
        return bytes[position]
    }

    mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    mutating func open() throws(JSONError) {
        guard depth < maxDepth else { throw JSONError(.tooDeep, offset: position) }
        depth += 1
        position += 1
        isFresh = true
    }

    mutating func close() {
        depth -= 1
        position += 1
        isFresh = false
    }

    mutating func consumeNull() throws(JSONError) -> Bool {
        guard try significantByte() == UInt8(ascii: "n") else { return false }
        try literal("null")
        return true
    }

    mutating func literal(_ word: StaticString) throws(JSONError) {
        var index = 0
        while index < word.utf8CodeUnitCount {
            guard position < bytes.count else { throw JSONError(.unexpectedEnd, offset: position) }
            guard bytes[position] == word.utf8Start[index] else { throw JSONError(.unexpectedByte, offset: position) }
            index += 1
            position += 1
        }
    }

    static func kind(startingWith byte: UInt8) -> JSONKind? {
        switch byte {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: nil
        }
    }

    /// The error for a byte that cannot start a value.
    @inline(never)
    func unexpected() -> JSONError {
        let isMark = position == 0 && bytes.startsWithByteOrderMark
        return JSONError(isMark ? .byteOrderMark : .unexpectedByte, offset: position)
    }

    /// The error for a value that is not an `expected`.
    @inline(never)
    func mismatch(_ expected: JSONKind) -> JSONError {
        guard let found = JSONReader.kind(startingWith: bytes[position]) else { return unexpected() }
        return JSONError(.wrongType(expected: expected, found: found), offset: position)
    }
}
