/// The length and a hash of a text: enough to detect a repetition without keeping a copy.
///
/// The hash is a polynomial of the bytes. It therefore does not depend on how the text was split, and the hash of a
/// part can be computed from those of the whole and the beginning.
struct TextDigest: Sendable, Equatable {
    private(set) var byteCount = 0
    private var hash: UInt64 = 0

    private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

    init() {}

    private init(byteCount: Int, hash: UInt64) {
        self.byteCount = byteCount
        self.hash = hash
    }

    var isEmpty: Bool { byteCount == 0 }

    @inline(__always)
    mutating func add(_ byte: UInt8) {
        hash = (hash &+ UInt64(byte) &+ 1) &* Self.factor
        byteCount += 1
    }

    mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var hash = hash
            for byte in bytes { hash = (hash &+ UInt64(byte) &+ 1) &* Self.factor }
            self.hash = hash
            byteCount += bytes.count
        }
    }

    /// True if `text` begins with the text of this digest.
    func isPrefix(of text: String) -> Bool {
        guard text.utf8.count >= byteCount else { return false }
        var beginning = TextDigest()
        var text = text
        text.withUTF8 { bytes in
            for byte in bytes.prefix(byteCount) { beginning.add(byte) }
        }
        return beginning == self
    }

    /// The part of `text` after the text of this digest; nil if `text` does not begin with it.
    func rest(of text: String) -> String? {
        guard isPrefix(of: text) else { return nil }
        return text.dropping(byteCount)
    }

    /// The digest of this text followed by the other.
    func followed(by other: TextDigest) -> TextDigest {
        TextDigest(
            byteCount: byteCount + other.byteCount, hash: hash &* Self.power(other.byteCount) &+ other.hash)
    }

    /// The digest of the part after `beginning`, which must be the beginning of this text.
    func without(_ beginning: TextDigest) -> TextDigest {
        let count = byteCount - beginning.byteCount
        return TextDigest(byteCount: count, hash: hash &- beginning.hash &* Self.power(count))
    }

    private static func power(_ exponent: Int) -> UInt64 {
        var (result, base, exponent) = (UInt64(1), factor, exponent)
        while exponent > 0 {
            if exponent & 1 == 1 { result = result &* base }
            base = base &* base
            exponent >>= 1
        }
        return result
    }
}

/// Digests of the numbered parts of a text. Pieces of different parts may alternate.
struct PartDigests: Sendable {
    private var current: Int?
    /// The digest of the total text when the current part was selected.
    private var start = TextDigest()
    private var digests: [Int: TextDigest] = [:]

    /// The maximum number of parts. Parts beyond it are treated as not delivered yet.
    private static let limit = 4096

    /// Assigns the pieces that follow to part `key`.
    /// - Parameter total: the digest of the total text so far.
    mutating func select(_ key: Int, after total: TextDigest) {
        guard key != current else { return }
        close(after: total)
        current = key
    }

    /// Assigns the pieces that follow to no part.
    mutating func close(after total: TextDigest) {
        if let current, digests.count < Self.limit { digests[current] = self[current, after: total] }
        current = nil
        start = total
    }

    /// The digest of part `key`.
    subscript(key: Int, after total: TextDigest) -> TextDigest {
        let before = digests[key] ?? TextDigest()
        return key == current ? before.followed(by: total.without(start)) : before
    }

    /// The digest of the current part; nil if there is none.
    func last(after total: TextDigest) -> TextDigest? {
        current.map { self[$0, after: total] }
    }
}

extension String {
    /// The string without its first `count` UTF-8 bytes, which must end at a character boundary.
    func dropping(_ count: Int) -> String {
        guard count > 0 else { return self }
        guard let index = utf8.index(startIndex, offsetBy: count, limitedBy: endIndex) else { return "" }
        return String(decoding: utf8[index...], as: UTF8.self)
    }
}

/// Detects whether the pieces after the start of a content block repeat it.
///
/// A block's start may hold the first words, which the pieces then continue, or the whole text, which the pieces then
/// repeat. Only the pieces show which of the two it is.
struct RepeatedText: Sendable {
    private let text: [UInt8]
    /// The number of bytes of `text` that the pieces have repeated so far.
    private var count = 0
    /// True once it is decided: all further pieces are new text.
    private(set) var isOver = false

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    /// Returns the new part of `piece` and of the pieces held back before it.
    mutating func receive(_ piece: String) -> String {
        guard !isOver else { return piece }
        let left = text[count...]
        let bytes = piece.utf8
        if bytes.count <= left.count {
            guard left.starts(with: bytes) else { return new(then: piece) }
            count += bytes.count
            return ""
        }
        guard bytes.starts(with: left) else { return new(then: piece) }
        isOver = true
        return piece.dropping(left.count)
    }

    /// Ends the block and returns the pieces held back: they only began like `text`, so they are new.
    mutating func end() -> String {
        guard !isOver, count < text.count else { return "" }
        return new(then: "")
    }

    private mutating func new(then piece: String) -> String {
        isOver = true
        return String(decoding: text[..<count], as: UTF8.self) + piece
    }
}
