import UltraAPI

/// The names or ids that a server accepts.
struct NameRule: Sendable, Equatable {
    var letters: ByteSet
    var first: ByteSet
    /// The length in bytes.
    var length: ClosedRange<Int>

    init(_ letters: ByteSet, first: ByteSet? = nil, length: ClosedRange<Int>) {
        self.letters = letters
        self.first = first ?? letters
        self.length = length
    }

    /// Any text that is not empty.
    static let any = NameRule(.any, length: 1...Int.max)
    /// The rule for OpenAI's function names, which most other providers have adopted.
    static let word64 = NameRule(.wordAndDash, length: 1...64)

    func accepts(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { bytes in
            guard length.contains(bytes.count), let start = bytes.first, first.contains(start) else { return false }
            return letters == .any || bytes.allSatisfy(letters.contains)
        }
    }
}

/// A set of bytes with one bit per ASCII character; all bytes from 0x80 are either in it or not.
struct ByteSet: Sendable, Equatable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var holdsOthers = false

    init(_ ranges: ClosedRange<UInt8>..., others: Bool = false) {
        holdsOthers = others
        for range in ranges {
            for byte in range where byte < 128 {
                if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
            }
        }
    }

    func contains(_ byte: UInt8) -> Bool {
        switch byte {
        case ..<64: low & 1 << UInt64(byte) != 0
        case ..<128: high & 1 << UInt64(byte - 64) != 0
        default: holdsOthers
        }
    }

    private static let digits: ClosedRange<UInt8> = 0x30...0x39
    private static let upper: ClosedRange<UInt8> = 0x41...0x5A
    private static let lower: ClosedRange<UInt8> = 0x61...0x7A
    private static let dash: ClosedRange<UInt8> = 0x2D...0x2D
    private static let underscore: ClosedRange<UInt8> = 0x5F...0x5F

    static let any = ByteSet(0...127, others: true)
    static let alphanumeric = ByteSet(digits, upper, lower)
    static let word = ByteSet(digits, upper, lower, underscore)
    static let wordAndDash = ByteSet(digits, upper, lower, underscore, dash)
    static let letterOrUnderscore = ByteSet(upper, lower, underscore)
    static let printable = ByteSet(0x21...0x7E)
}

/// A short hash of a text that is equal in every run. It is not cryptographic.
enum Fingerprint {
    private static let base62 = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// `count` letters and digits of the hash; 11 of them represent all its bits.
    static func letters(_ text: String, _ count: Int) -> String {
        var hash = number(text)
        var digits: [UInt8] = []
        for _ in 0..<count {
            digits.append(base62[Int(hash % 62)])
            hash /= 62
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// FNV-1a with SplitMix64's finaliser, because ids often differ in their last byte only.
    private static func number(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return hash ^ (hash >> 31)
    }
}

/// Renames tool call ids to satisfy a provider's rule and to be unique in the conversation. A call and its result get
/// the same new id. The client never sees the new ids.
struct CallIDs {
    private let rule: NameRule
    private var taken: Set<String> = []
    /// The next suffix to try for an id that occurred before.
    private var numbers: [String: Int] = [:]
    /// The new ids of the calls that may still get a result, by original id and in call order.
    private var open: [String: [String]] = [:]

    init(_ rule: NameRule) {
        self.rule = rule
    }

    /// True if any id in `messages` breaks `rule` or occurs in two calls.
    static func needRepair(_ messages: [Message], _ rule: NameRule) -> Bool {
        var seen: Set<String> = []
        for message in messages {
            for call in message.toolCalls where !rule.accepts(call.id) || !seen.insert(call.id).inserted { return true }
            if let id = message.toolCallID, !rule.accepts(id), !id.isEmpty { return true }
        }
        return false
    }

    /// Starts a new assistant turn: later results belong to its calls.
    mutating func beginTurn() {
        open.removeAll(keepingCapacity: true)
    }

    /// The new id for a call.
    mutating func call(_ id: String) -> String {
        let base = Self.conforming(id, rule)
        var sent = base
        var number = numbers[base] ?? 2
        while !taken.insert(sent).inserted {
            sent = Self.conforming("\(base)_\(number)", rule)
            number += 1
        }
        numbers[base] = number
        open[id, default: []].append(sent)
        return sent
    }

    /// The new id for a result. If several calls share an id, results are matched to them in order.
    mutating func result(_ id: String) -> String {
        guard let sent = open[id], let first = sent.first else { return id.isEmpty ? id : Self.conforming(id, rule) }
        if sent.count > 1 { open[id] = Array(sent.dropFirst()) }
        return first
    }

    /// Returns `id` if it satisfies the rule, else an id derived from it: equal ids give equal results.
    static func conforming(_ id: String, _ rule: NameRule) -> String {
        if rule.accepts(id) { return id }
        let underscore = UInt8(ascii: "_")
        guard rule.letters.contains(underscore) else { return Fingerprint.letters(id, rule.length.lowerBound) }
        let escaped = id.utf8.reduce(into: "") { text, byte in
            text += rule.letters.contains(byte) ? String(Unicode.Scalar(byte)) : "_" + String(byte, radix: 16)
        }
        return rule.accepts(escaped) ? escaped : "call_" + Fingerprint.letters(id, 11)
    }
}

extension NameRule {
    /// Mistral's tool call ids: exactly nine letters or digits.
    static let nineLetters = NameRule(.alphanumeric, length: 9...9)

    /// The rule for tool call ids by model family, for servers that pass ids on to a provider or to the model's own
    /// template.
    static func callIDs(ofModel name: String) -> NameRule {
        let name = name.lowercased()
        if mistral.contains(where: name.holds) { return nineLetters }
        if name.holds("claude") { return word64 }
        return ModelRules.isOpenAIModel(name) ? openAI : any
    }

    /// OpenAI's Chat Completions: at most 40 characters.
    static let openAI = NameRule(.printable, length: 1...40)

    private static let mistral: [StaticString] = [
        "mistral", "mixtral", "ministral", "magistral", "codestral", "devstral", "pixtral", "voxtral",
    ]
}

/// Maps a request's tool names to names that the provider accepts, and back.
package struct ToolNames: Sendable, Equatable {
    /// Contains only names that had to change.
    private var sentNames: [String: String] = [:]
    private var originals: [String: String] = [:]

    /// Builds the mapping. It depends only on the list, so it is the same in every turn of a conversation.
    init(_ names: [String], _ rule: NameRule) {
        var taken: Set<String> = []
        for name in names where rule.accepts(name) { taken.insert(name) }
        /// The next suffix to try for each base name, so that many similar names need no search.
        var numbers: [String: Int] = [:]
        for name in names where sentNames[name] == nil && !rule.accepts(name) {
            let base = Self.conforming(name, rule)
            var sent = base
            var number = numbers[base] ?? 2
            while !taken.insert(sent).inserted {
                let suffix = "_\(number)"
                sent = Self.prefix(base, rule.length.upperBound - suffix.utf8.count) + suffix
                number += 1
            }
            numbers[base] = number
            sentNames[name] = sent
            originals[sent] = name
        }
    }

    func sent(_ name: String) -> String { sentNames[name] ?? name }

    /// The client's name for the tool that the provider knows as `sent`.
    package func original(_ sent: String) -> String { originals[sent] ?? sent }

    /// Replaces bytes that are not allowed by `_`. A name that is too long ends in a hash of the whole name, so that
    /// names with the same beginning stay different.
    private static func conforming(_ name: String, _ rule: NameRule) -> String {
        var bytes = name.utf8.map { rule.letters.contains($0) ? $0 : UInt8(ascii: "_") }
        if bytes.first.map({ !rule.first.contains($0) }) ?? true { bytes.insert(UInt8(ascii: "_"), at: 0) }
        let word = String(decoding: bytes, as: UTF8.self)
        guard bytes.count > rule.length.upperBound else { return word }
        return prefix(word, rule.length.upperBound - 9) + "_" + Fingerprint.letters(name, 8)
    }

    /// - Precondition: `word` is ASCII.
    private static func prefix(_ word: String, _ count: Int) -> String {
        String(decoding: word.utf8.prefix(max(0, count)), as: UTF8.self)
    }
}

extension AnswerEvent {
    /// Replaces the provider's name of a called tool by the client's.
    package mutating func restoreToolName(_ names: ToolNames) {
        guard case .toolCall(var piece) = self, let name = piece.name else { return }
        piece.name = names.original(name)
        self = .toolCall(piece)
    }
}
