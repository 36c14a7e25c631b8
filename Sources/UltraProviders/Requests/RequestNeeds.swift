import UltraAPI

/// What one provider demands of a request beyond the shape of its API: the facts that `RequestMending` works by.
///
/// A provider without an entry here takes whatever a client may send.
package struct RequestNeeds: Sendable, Equatable {
    /// How tools may be called.
    var toolNames = NameRule.word64
    /// How calls of tools may be known.
    var callIDs = NameRule.any
    /// The schema of a tool's parameters.
    var toolSchemas = ToolSchemaNeeds()
    /// Of two members of one name in the arguments of a call only one would arrive.
    var refusesRepeatedKeys = false
    /// What becomes of the reasoning of earlier turns if the configuration does not say.
    var reasoning = ReasoningReturn.asWritten

    package init() {}

    /// Of servers that speak OpenAI's Chat Completions API, the most of which take no reasoning back.
    init(chat: Bool) {
        self.init()
        reasoning = .never
        toolSchemas.isGiven = true
    }
}

/// What becomes of the reasoning of earlier turns.
enum ReasoningReturn: Sendable, Equatable {
    /// The adapter writes what its API has a place for.
    case asWritten
    /// A turn, which is all between two messages of the user, keeps its own if it has calls: the server demands it,
    /// and ignores or refuses that of other turns.
    case turnsWithCalls
    case never
}

/// The names or ids a server takes.
struct NameRule: Sendable, Equatable {
    var letters: ByteSet
    var first: ByteSet
    /// In bytes.
    var length: ClosedRange<Int>

    init(_ letters: ByteSet, first: ByteSet? = nil, length: ClosedRange<Int>) {
        self.letters = letters
        self.first = first ?? letters
        self.length = length
    }

    /// Anything that can be seen.
    static let any = NameRule(.any, length: 1...Int.max)
    /// OpenAI's functions, and those of nearly everybody since.
    static let word64 = NameRule(.wordAndDash, length: 1...64)

    func accepts(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { bytes in
            guard length.contains(bytes.count), let start = bytes.first, first.contains(start) else { return false }
            return letters == .any || bytes.allSatisfy(letters.contains)
        }
    }
}

/// A set of bytes, a bit for each of ASCII; bytes beyond are in it together, or not at all.
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

/// A text as a number that differs from that of others, the same in every run: no secret, and no proof.
enum Fingerprint {
    private static let base62 = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// `count` letters and digits, of which 11 tell all there is.
    static func letters(_ text: String, _ count: Int) -> String {
        var hash = number(text)
        var digits: [UInt8] = []
        for _ in 0..<count {
            digits.append(base62[Int(hash % 62)])
            hash /= 62
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// FNV-1a, then the finishing steps of SplitMix64, since ids often differ in their last byte alone.
    private static func number(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return hash ^ (hash >> 31)
    }
}
