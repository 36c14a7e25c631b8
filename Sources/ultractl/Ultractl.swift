import ArgumentParser
import Glibc
import libultra

/// The program: parses the command line, runs the verb, and exits with its status.
@main
struct Ultractl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ultractl",
        abstract: "Send requests to ultrad, the LLM daemon, and show its state.",
        discussion: """
            Exit status: 0 success; 1 the request or a check failed, or the output could not be written; 2 wrong usage; \
            3 no daemon answers; 130 interrupted by Ctrl-C. If the reader of a pipe closes it early, the command stops \
            with status 0 and no message.

            Every verb takes --json, --socket and --timeout, before or after the verb.

            Environment: ULTRAD_SOCKET is the path of the daemon's socket. NO_COLOR turns colours off.
            """,
        version: "ultractl \(String(cString: ultra_version()))",
        subcommands: [
            Status.self, Models.self, Show.self, Generate.self, Chat.self, Embed.self, TestVerb.self, Verify.self,
            Probe.self,
            Watch.self, Top.self, Usage.self, Reload.self, Metrics.self, Cache.self, Call.self, Completions.self,
            Version.self,
        ])

    static func main() {
        StandardStreams.open()
        // write(2) then fails with EPIPE, which is handled; the signal would end the process.
        signal(SIGPIPE, SIG_IGN)
        Glibc.exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs the command and returns its exit status.
    private static func run(_ arguments: [String]) -> Int32 {
        do {
            // Checked first: a request costs money, and its answer could not be printed.
            try Output.standardOutput.requireWritable()
            let arguments = LeadingOptions.behindVerb(arguments)
            try requireVerb(arguments.first == "help" ? arguments.dropFirst().first : arguments.first)
            var command = try parseAsRoot(arguments)
            try command.run()
            return 0
        } catch let failure as Failure {
            failure.report(to: .standardError)
            return failure.exitStatus
        } catch {
            return report(parserError: error)
        }
    }

    /// The names of the verbs.
    ///
    /// Each configuration states its `commandName`: deriving the names from the types took a quarter of the time of a
    /// short command.
    static var verbs: [String] { configuration.subcommands.map { $0._commandName } }

    /// Rejects an unknown verb, which ArgumentParser would report as an unexpected argument without a suggestion.
    ///
    /// - Throws: `.usage`, with the nearest verb.
    private static func requireVerb(_ word: String?) throws(Failure) {
        guard let word, !word.hasPrefix("-") else { return }
        let verbs = verbs + ["help"]
        guard !verbs.contains(word) else { return }
        let nearest = NearestWord.of(word, among: verbs).map { "; did you mean \($0)?" } ?? ""
        throw .usage("there is no verb \(word)\(nearest)")
    }

    /// Prints a message of ArgumentParser: help and version to standard output, errors to standard error.
    ///
    /// - Returns: the exit status.
    private static func report(parserError error: any Error) -> Int32 {
        let text = fullMessage(for: error) + "\n"
        guard exitCode(for: error).isSuccess else {
            try? Output.standardError.write(text)  // Standard error is the last place to report to: ignoring.
            return Failure.usageStatus
        }
        do throws(Failure) {
            try Output.standardOutput.write(text)
            return 0
        } catch {
            error.report(to: .standardError)
            return error.exitStatus
        }
    }
}

/// Suggests the known word nearest to a misspelt one.
enum NearestWord {
    /// Returns the word with the smallest edit distance if that is at most a third of the letters, else the only word
    /// of which `word` is a prefix; `nil`: neither exists.
    static func of(_ word: String, among words: [String]) -> String? {
        let near = words.map { ($0, edits(Array(word), Array($0))) }.min { $0.1 < $1.1 }
        if let near, near.1 <= max(1, max(word.count, near.0.count) / 3) { return near.0 }
        let continued = words.filter { word.count > 1 && $0.hasPrefix(word) }
        return continued.count == 1 ? continued[0] : nil
    }

    /// The optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbouring letters.
    private static func edits(_ from: [Character], _ to: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...to.count)
        for row in from.indices {
            var line = [row + 1]
            for column in to.indices {
                let isSame = from[row] == to[column]
                var best = min(last[column + 1] + 1, line[column] + 1, last[column] + (isSame ? 0 : 1))
                if row > 0, column > 0, from[row] == to[column - 1], from[row - 1] == to[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                line.append(best)
            }
            (beforeLast, last) = (last, line)
        }
        return last[to.count]
    }
}
