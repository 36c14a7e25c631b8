import UltraAPI

/// Names that a shell, or a chat, completes: what the daemon has, if it says so before anybody notices.
enum KnownNames {
    /// A key press waits for it.
    private static let patience: Duration = .milliseconds(200)

    /// For `completion: .custom`, which passes the words of the command line.
    @Sendable static func models(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        models(socket: socket(words))
    }

    @Sendable static func providers(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        Array(Set(list(socket: socket(words)).map(\.provider))).sorted()
    }

    /// Ids and aliases of the models that chat or embed; none without a daemon.
    static func models(socket: String?) -> [String] {
        list(socket: socket).flatMap { [$0.id] + $0.aliases }.sorted()
    }

    private static func list(socket: String?) -> [ModelReport] {
        do throws(Failure) {
            let connection = try Connection(socket: socket, timeLimit: patience)
            let answer = try connection.exchange("models", fields: Array("{}".utf8), timeLimit: patience)
            let list = try answer.read { (reader) throws(JSONError) in try ModelList(&reader) }
            return list.models.filter { $0.kind != "other" }
        } catch {
            // Completion has nothing to say: ignoring.
            return []
        }
    }

    /// The value of `--socket` among `words`.
    private static func socket(_ words: [String]) -> String? {
        for (word, next) in zip(words, words.dropFirst() + [""]) {
            if word == "--socket", !next.isEmpty { return next }
            if word.hasPrefix("--socket=") { return String(word.dropFirst("--socket=".count)) }
        }
        return nil
    }
}
