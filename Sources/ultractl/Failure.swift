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

extension Failure {
    /// Why `ultra_connect()` failed with `result` for the socket asked for, and what to do about it.
    static func noDaemon(socket: String?, result: Int32) -> Failure {
        var found: UnsafeMutablePointer<CChar>?
        guard ultra_socket_path(socket, &found) == 0, let found else {
            return .noDaemon("no connection: \(String(cString: ultra_strerror(result)))", hint: startHint)
        }
        defer { free(found) }
        let path = String(cString: found)
        switch result {
        case -ENOENT, -ENOTDIR:
            return .noDaemon("ultrad is not running: there is no socket at \(path)", hint: startHint)
        case -ECONNREFUSED where !isSocket(path):
            return .noDaemon("\(path) is not a socket", hint: "name the daemon's with --socket or ULTRAD_SOCKET")
        case -ECONNREFUSED:
            return .noDaemon(
                "ultrad is not running: nobody listens on \(path), which an earlier one left behind", hint: startHint)
        case -EACCES, -EPERM:
            return .noDaemon("permission denied: you may not use \(path)", hint: accessHint(path))
        case -EAGAIN, -ETIMEDOUT:
            return .noDaemon(
                "ultrad at \(path) accepts no connections", hint: "look at it with: systemctl status ultrad")
        default:
            return .noDaemon("no connection to \(path): \(String(cString: ultra_strerror(result)))", hint: startHint)
        }
    }

    private static let startHint = "start it with: systemctl start ultrad.socket (for all users) or ultrad (your own)"

    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    /// Names the group that may use the socket, or else pass its directory.
    private static func accessHint(_ path: String) -> String {
        var status = stat()
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        guard stat(path, &status) == 0 || stat(directory, &status) == 0, let group = getgrgid(status.st_gid) else {
            return "ask its owner for access"
        }
        let name = String(cString: group.pointee.gr_name)
        return "join its group, then log in again: sudo usermod -aG \(name) $USER"
    }
}

/// An `error` event of the daemon.
struct Refusal: Sendable {
    /// One of the protocol's codes, or one of a later daemon's.
    let code: String
    let message: String
    let hint: String?
    /// The field of the request that is wrong, if one is.
    let field: String?
    /// Everything that is wrong, where it is more than one thing.
    let problems: [String]
    /// The whole event as it came, as one line with its newline.
    let line: [UInt8]

    init(_ event: borrowing Event) {
        code = event.string("error.code") ?? "internal"
        message = event.string("error.message") ?? "the daemon reported an error without a message (\(code))"
        hint = event.string("error.hint")
        field = event.string("error.field")
        var problems: [String] = []
        while let problem = event.string("error.problems.\(problems.count)") { problems.append(problem) }
        self.problems = problems
        line = event.line
    }
}
