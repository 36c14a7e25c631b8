import UltraAPI

/// Ids of calls as a provider takes them: by its rule, and each once in the conversation. Calls and their results are
/// told alike; the client's own conversation keeps its ids.
struct CallIDs {
    private let rule: NameRule
    private var taken: Set<String> = []
    /// The next number to try for an id that came before.
    private var numbers: [String: Int] = [:]
    /// What the ids of the calls that may be answered now were sent as, in their order.
    private var open: [String: [String]] = [:]

    init(_ rule: NameRule) {
        self.rule = rule
    }

    /// Whether any id of `messages` breaks `rule`, or comes twice.
    static func areMended(_ messages: [Message], _ rule: NameRule) -> Bool {
        var seen: Set<String> = []
        for message in messages {
            for call in message.toolCalls where !rule.accepts(call.id) || !seen.insert(call.id).inserted { return true }
            if let id = message.toolCallID, !rule.accepts(id), !id.isEmpty { return true }
        }
        return false
    }

    /// Calls of another turn follow: results after them are theirs.
    mutating func beginTurn() {
        open.removeAll(keepingCapacity: true)
    }

    /// The id of a call.
    mutating func call(_ id: String) -> String {
        let base = Self.spelled(id, rule)
        var sent = base
        var number = numbers[base] ?? 2
        while !taken.insert(sent).inserted {
            sent = Self.spelled("\(base)_\(number)", rule)
            number += 1
        }
        numbers[base] = number
        open[id, default: []].append(sent)
        return sent
    }

    /// The id in a result. Of two calls with one id the first result answers the first.
    mutating func result(_ id: String) -> String {
        guard let sent = open[id], let first = sent.first else { return id.isEmpty ? id : Self.spelled(id, rule) }
        if sent.count > 1 { open[id] = Array(sent.dropFirst()) }
        return first
    }

    /// `id` if it is by the rule, else always the same one for it.
    static func spelled(_ id: String, _ rule: NameRule) -> String {
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
    /// Mistral's ids of calls.
    static let nineLetters = NameRule(.alphanumeric, length: 9...9)

    /// Ids of calls by the family of the model, for servers that pass them on to it, or to a template of its own.
    static func callIDs(ofModel name: String) -> NameRule {
        let name = name.lowercased()
        if mistral.contains(where: name.holds) { return nineLetters }
        if name.holds("claude") { return word64 }
        return ModelRules.isOpenAIs(name) ? openAI : any
    }

    /// Chat Completions.
    static let openAI = NameRule(.printable, length: 1...40)

    private static let mistral: [StaticString] = [
        "mistral", "mixtral", "ministral", "magistral", "codestral", "devstral", "pixtral", "voxtral",
    ]
}
