import ArgumentParser
import Glibc
import libultra

/// The command line: parses, runs the verb, and turns what came of it into an exit status.
@main
struct Ultractl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ultractl",
        abstract: "Send requests to ultrad, the LLM daemon, and show its state.",
        discussion: """
            Exit status: 0 success; 1 the request or a check failed, or the output could not be written; 2 wrong usage; \
            3 no daemon answers; 130 interrupted by Ctrl-C. If the reader of a pipe closes it early, the command stops \
            without a message, with status 0.

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
        // A closed standard output is an error of write(2), which names it; the signal would kill without a word.
        signal(SIGPIPE, SIG_IGN)
        Glibc.exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs the command and returns its exit status.
    private static func run(_ arguments: [String]) -> Int32 {
        do {
            // Before a request is sent, and paid for, whose answer has nowhere to go.
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

    /// Each verb says its name: found by its type, a quarter of a short command's time went there.
    static var verbs: [String] { configuration.subcommands.map { $0._commandName } }

    /// The parser takes a verb it does not know for an argument too many, and cannot say which one was meant.
    private static func requireVerb(_ word: String?) throws(Failure) {
        guard let word, !word.hasPrefix("-") else { return }
        let verbs = verbs + ["help"]
        guard !verbs.contains(word) else { return }
        let nearest = NearestWord.of(word, among: verbs).map { "; did you mean \($0)?" } ?? ""
        throw .usage("there is no verb \(word)\(nearest)")
    }

    /// Prints what ArgumentParser has to say: help and version are answers, the rest is wrong usage.
    private static func report(parserError error: any Error) -> Int32 {
        let text = fullMessage(for: error) + "\n"
        guard exitCode(for: error).isSuccess else {
            try? Output.standardError.write(text)  // Nobody is left to tell: ignoring.
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

/// Which of the words that exist was meant by one that does not.
enum NearestWord {
    /// The word that takes the fewest edits, if that is at most a third of the letters, or that begins alike.
    static func of(_ word: String, among words: [String]) -> String? {
        let near = words.map { ($0, edits(Array(word), Array($0))) }.min { $0.1 < $1.1 }
        if let near, near.1 <= max(1, max(word.count, near.0.count) / 3) { return near.0 }
        let continued = words.filter { word.count > 1 && $0.hasPrefix(word) }
        return continued.count == 1 ? continued[0] : nil
    }

    /// Letters put in, left out, replaced, or swapped with their neighbour (optimal string alignment).
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
