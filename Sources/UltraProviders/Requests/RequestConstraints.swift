import UltraAPI

/// A provider's constraints on requests beyond the structure of its API: the data by which `RequestRepair` works.
///
/// The defaults are for a provider that accepts whatever a client may send.
package struct RequestConstraints: Sendable, Equatable {
    /// The allowed names of tools.
    var toolNames = NameRule.word64
    /// The allowed ids of tool calls.
    var callIDs = NameRule.any
    /// The required form of the JSON Schema of a tool's parameters.
    var toolSchemas = ToolSchemaConstraints()
    /// True if call arguments must not have two members of the same name, because only one would reach the model.
    var refusesRepeatedKeys = false
    /// The treatment of reasoning from earlier turns if the configuration does not set one.
    var reasoning = ReasoningReturn.asWritten

    package init() {}

    /// The constraints of servers that implement OpenAI's Chat Completions; most of them accept no reasoning of earlier
    /// turns.
    init(chat: Bool) {
        self.init()
        reasoning = .never
        toolSchemas.isRequired = true
    }
}

/// The treatment of reasoning from earlier turns.
enum ReasoningReturn: Sendable, Equatable {
    /// Pass it to the adapter, which sends what its API has a place for.
    case asWritten
    /// Send it for turns with tool calls only, where such servers require it; they ignore or refuse it elsewhere. A
    /// turn is everything between two user messages.
    case turnsWithCalls
    case never
}

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

/// Facts about a server and a model that their names do not tell: from the configuration, the list of models, and
/// earlier refusals by the server.
package struct WireFacts: Sendable, Equatable {
    /// When to send the reasoning of earlier turns. The raw values are those of the configuration.
    package enum ReturnReasoning: String, Sendable, CaseIterable {
        /// As the model's family requires.
        case auto
        case always
        case never
    }

    /// The context window that a local server is asked to allocate.
    package enum Window: Sendable, Equatable {
        /// As large as the request needs.
        case auto
        case tokens(Int)
        /// The server's default: requests do not mention the window.
        case server
    }

    /// Members of the request body that are not sent; see `RefusedMember` for the possible ones.
    package var omitted: Set<String> = []
    /// The configured treatment of reasoning from earlier turns.
    package var returnReasoning = ReturnReasoning.auto
    /// The model's context window in tokens; nil if unknown.
    package var contextWindow: Int?
    /// The configured context window of a local server.
    package var window = Window.auto
    /// The window in tokens that the server has already allocated. Asking for less would make it reload the model.
    package var minimumWindow = 0

    package init() {}
}
