/// Reads one JSON text on demand: strict RFC 8259, no tree, nothing copied but what is asked for.
///
/// Replies of providers are read by `JSONReader(reply:)`, which passes over what does no harm there; all else is strict.
///
/// The reader borrows the bytes: it, its keys and its raw values are valid only while they are. Every value is either
/// read or skipped, and skipping validates as strictly as reading does. After an error the reader is of no further use.
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
    /// What two members of the same name in one object mean.
    package enum DuplicateKeys: Sendable {
        /// Both are handed out, in order.
        case lastWins
        case reject
    }

    /// Deepest nesting any reader can be told to accept.
    package static let depthLimit = 64

    let bytes: BorrowedBytes
    /// Bytes consumed.
    var position = 0
    /// Open objects and arrays.
    var depth = 0
    let maxDepth: Int
    /// How many more values may be skipped.
    var valuesLeft: Int
    /// A container was just opened: the next member or element has no comma before it.
    var isFresh = false
    /// The names seen in every open object; `nil`: duplicates are not looked for.
    var seenKeys: JSONSeenKeys?
    /// The text is a provider's reply.
    let isLenient: Bool
    /// A string, read or skipped, held half of a surrogate pair alone. Such a half reads as U+FFFD.
    package internal(set) var hasMetLoneSurrogate = false
    /// A string, read or skipped, held the escape of U+0000.
    package internal(set) var hasMetNull = false
    /// A value that was skipped is or holds `NaN` or `Infinity`.
    var hasMetNonNumber = false

    /// - Parameters:
    ///   - maxDepth: deepest nesting accepted, at most `depthLimit`.
    ///   - maxValues: most values that are skipped, at all depths.
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

    /// A reader of what a provider sent, or of a part of it. It passes over a byte order mark before the text, takes
    /// half of a surrogate pair alone for U+FFFD, and skips `NaN`, `Infinity` and `-Infinity`, which it does not read.
    package init(reply bytes: UnsafeRawBufferPointer) {
        self.bytes = BorrowedBytes(bytes)
        maxDepth = JSONReader.depthLimit
        valuesLeft = .max
        isLenient = true
        if self.bytes.startsWithByteOrderMark { position = 3 }
    }

    /// Runs `body` with a reader of `bytes`. Whether anything follows the value is for `body` to ask, by `end()`.
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

    /// The same with a reader of a provider's reply.
    package static func read<T, E: Error>(
        reply bytes: [UInt8], _ body: (inout JSONReader) throws(E) -> T
    ) throws(E) -> T {
        try bytes.withUnsafeBufferPointer { (buffer) throws(E) -> T in
            var reader = JSONReader(reply: UnsafeRawBufferPointer(buffer))
            return try body(&reader)
        }
    }

    /// Bytes consumed: where an error of the reader's own would lie.
    package var offset: Int { position }

    /// The type of the next value, which is not consumed.
    package mutating func kind() throws(JSONError) -> JSONKind {
        let byte = try significantByte()
        guard let kind = JSONReader.kind(startingWith: byte) else {
            guard isNonNumber else { throw unexpected() }
            return .number
        }
        return kind
    }

    package mutating func beginObject() throws(JSONError) {
        guard try significantByte() == UInt8(ascii: "{") else { throw mismatch(.object) }
        try open()
        seenKeys?.beginObject()
    }

    /// The name of the next member, whose value must be read or skipped before the next call; `nil`: the object ended.
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

    package mutating func beginArray() throws(JSONError) {
        guard try significantByte() == UInt8(ascii: "[") else { throw mismatch(.array) }
        try open()
    }

    /// Whether another element follows, which must be read or skipped before the next call; `false`: the array ended.
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

    package mutating func boolOrNull() throws(JSONError) -> Bool? {
        try consumeNull() ? nil : bool()
    }

    package mutating func null() throws(JSONError) {
        guard try consumeNull() else { throw mismatch(.null) }
    }

    /// The bytes consumed so far, where they are the beginning of an object up to the value of a member of its own:
    /// what `resume(after:)` may take for read in another text.
    package var openingBytes: UnsafeRawBufferPointer? {
        depth == 1 && !isFresh && seenKeys == nil ? bytes[0..<position].buffer : nil
    }

    /// Goes on after `opening` if this text begins with the same bytes, which another reader gave as `openingBytes` and
    /// so were validated. To be called before anything is read.
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

    /// Throws unless the whole value was read and nothing but white space remains.
    package mutating func end() throws(JSONError) {
        skipWhitespace()
        guard position == bytes.count else { throw JSONError(.trailingBytes, offset: position) }
        guard depth == 0 else { throw JSONError(.unexpectedEnd, offset: position) }
    }
}

// MARK: - Steps

extension JSONReader {
    /// The next byte that is not white space, which is not consumed.
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

    /// The error for a next byte that no value can start with here.
    @inline(never)
    func unexpected() -> JSONError {
        let isMark = position == 0 && bytes.startsWithByteOrderMark
        return JSONError(isMark ? .byteOrderMark : .unexpectedByte, offset: position)
    }

    /// The error for a next value that is not `expected`.
    @inline(never)
    func mismatch(_ expected: JSONKind) -> JSONError {
        guard let found = JSONReader.kind(startingWith: bytes[position]) else { return unexpected() }
        return JSONError(.wrongType(expected: expected, found: found), offset: position)
    }
}
