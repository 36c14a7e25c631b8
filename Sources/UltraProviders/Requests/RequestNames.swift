import UltraAPI

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

/// Maps a request's tool names to names the provider accepts, and back.
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
