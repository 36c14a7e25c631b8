import UltraAPI

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
