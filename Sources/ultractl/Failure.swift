import Glibc
import libultra

/// Why a command did not do what was asked.
enum Failure: Error {
    /// The arguments, or a file they name, are of no use.
    case usage(String)
    /// No connection; the hint is a command that helps.
    case noDaemon(String, hint: String)
    /// The daemon answered, and has no such thing; the hint says where to look.
    case notFound(String, hint: String)
    /// Some of what was tried failed, and each was reported where it happened.
    case someFailed
    /// The daemon answered with an error.
    case refused(Refusal)
    /// The connection ended, or never spoke the protocol; a negative result of libultra.
    case lost(Int32)
    /// The answer does not have the fields the protocol promises.
    case unreadable(String)
    case timedOut(Duration)
    /// Standard input did not end, or brought no line, within `--timeout`.
    case inputTimedOut(Duration)
    /// SIGINT.
    case interrupted
    /// Nobody reads standard output any more.
    case outputClosed
    /// Standard output takes no more: errno.
    case outputFailed(Int32)

    static let usageStatus: Int32 = 2

    var exitStatus: Int32 {
        switch self {
        case .outputClosed: 0
        case .notFound, .someFailed, .refused, .lost, .unreadable, .timedOut, .inputTimedOut, .outputFailed: 1
        case .usage: Self.usageStatus
        case .noDaemon: 3
        case .interrupted: 130
        }
    }

    /// What to tell the user; `nil`: they know.
    var message: String? {
        switch self {
        case .usage(let message), .noDaemon(let message, _), .notFound(let message, _), .unreadable(let message):
            message
        case .refused(let refusal): refusal.message
        case .lost(let result): String(cString: ultra_strerror(result))
        case .timedOut(let limit): "no answer within \(Quantity.duration(limit))"
        case .inputTimedOut(let limit): "standard input did not end within \(Quantity.duration(limit)) (--timeout)"
        case .outputFailed(let code): "standard output: \(String(cString: strerror(code)))"
        case .someFailed, .interrupted, .outputClosed: nil
        }
    }

    var hint: String? {
        switch self {
        case .noDaemon(_, let hint), .notFound(_, let hint): hint
        case .refused(let refusal): refusal.hint
        case .lost(ULTRA_ERROR_GOAWAY.rawValue): "the request was not executed: send it again"
        case .usage: "see: ultractl --help"
        case .someFailed, .lost, .unreadable, .timedOut, .inputTimedOut, .outputFailed, .interrupted, .outputClosed: nil
        }
    }

    /// Prints the message, and the hint on a line of its own.
    func report(to output: Output) {
        guard let message else { return }
        let style = Style(for: output)
        var text = "\(style.red("error:")) \(printable(message))\n"
        if case .refused(let refusal) = self {
            text += refusal.problems.map { "  \(oneLine($0))\n" }.joined()
        }
        if let hint { text += "\(style.yellow("hint:")) \(printable(hint))\n" }
        try? output.write(text)  // Nobody is left to tell: ignoring.
    }

    /// Prints the daemon's error unchanged, if that is what this is.
    func printAnswer() throws(Failure) {
        if case .refused(let refusal) = self { try Output.standardOutput.write(json: refusal.line) }
    }
}
