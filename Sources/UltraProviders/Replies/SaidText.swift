/// What was said of a text, as a length and a hash: enough to tell whether another text repeats it, without a copy.
///
/// The hash is a polynomial of the bytes, so that it does not depend on where the pieces ended, and a part's can be
/// computed from those before and behind it.
struct SaidText: Sendable, Equatable {
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

    /// Whether `text` begins with what was said.
    func isPrefix(of text: String) -> Bool {
        guard text.utf8.count >= byteCount else { return false }
        var beginning = SaidText()
        var text = text
        text.withUTF8 { bytes in
            for byte in bytes.prefix(byteCount) { beginning.add(byte) }
        }
        return beginning == self
    }

    /// What of `text` was not said; nil: `text` does not begin with what was said.
    func rest(of text: String) -> String? {
        guard isPrefix(of: text) else { return nil }
        return text.dropping(byteCount)
    }

    /// This, and then `other`.
    func followed(by other: SaidText) -> SaidText {
        SaidText(
            byteCount: byteCount + other.byteCount, hash: hash &* Self.power(other.byteCount) &+ other.hash)
    }

    /// What came after `beginning`.
    func without(_ beginning: SaidText) -> SaidText {
        let count = byteCount - beginning.byteCount
        return SaidText(byteCount: count, hash: hash &- beginning.hash &* Self.power(count))
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

/// What was said of each of several texts that are told in parts, one part after the other or in turn.
struct SaidParts: Sendable {
    private var current: Int?
    /// All that was said when the current part went on.
    private var start = SaidText()
    private var said: [Int: SaidText] = [:]

    /// Beyond so many, parts are taken for new ones.
    private static let limit = 4096

    /// The pieces that follow belong to part `key`.
    /// - Parameter total: all that was said until now.
    mutating func select(_ key: Int, after total: SaidText) {
        guard key != current else { return }
        close(after: total)
        current = key
    }

    /// What follows belongs to no part.
    mutating func close(after total: SaidText) {
        if let current, said.count < Self.limit { said[current] = self[current, after: total] }
        current = nil
        start = total
    }

    /// What was said of part `key`.
    subscript(key: Int, after total: SaidText) -> SaidText {
        let before = said[key] ?? SaidText()
        return key == current ? before.followed(by: total.without(start)) : before
    }

    /// What was said of the part that was told last.
    func last(after total: SaidText) -> SaidText? {
        current.map { self[$0, after: total] }
    }
}

extension String {
    /// Without its first `count` UTF-8 bytes, which end a character.
    func dropping(_ count: Int) -> String {
        guard count > 0 else { return self }
        guard let index = utf8.index(startIndex, offsetBy: count, limitedBy: endIndex) else { return "" }
        return String(decoding: utf8[index...], as: UTF8.self)
    }
}
