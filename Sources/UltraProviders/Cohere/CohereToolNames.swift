import UltraAPI

/// Names of tools as Cohere takes them, letters, digits and underscores, no digit first; and the way back.
struct CohereToolNames: Sendable, Equatable {
    /// Only of names that had to change.
    private var sentNames: [String: String] = [:]
    private var originals: [String: String] = [:]

    /// - Parameter names: in any order of importance; the same list always gives the same result.
    init(_ names: [String]) {
        var taken = Set(names.filter(Self.isValid))
        for name in names where !Self.isValid(name) && sentNames[name] == nil {
            let base = Self.spelled(name)
            var sent = base
            var number = 2
            while !taken.insert(sent).inserted {
                sent = "\(base)_\(number)"
                number += 1
            }
            sentNames[name] = sent
            originals[sent] = name
        }
    }

    init(_ request: Request) {
        self.init(request.tools.map(\.name) + request.messages.flatMap { $0.toolCalls.map(\.name) })
    }

    func sent(_ name: String) -> String { sentNames[name] ?? name }

    func original(_ sent: String) -> String { originals[sent] ?? sent }

    private static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, !isDigit(first) else { return false }
        return name.utf8.allSatisfy(isWord)
    }

    private static func spelled(_ name: String) -> String {
        let word = String(decoding: name.utf8.map { isWord($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
        return word.utf8.first.map(isDigit) ?? true ? "_" + word : word
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "_") || (byte | 0x20) &- UInt8(ascii: "a") < 26
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
