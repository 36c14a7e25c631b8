import Glibc
import libultra

/// The reasons for which a command fails.
enum Failure: Error {
    /// An argument, or a file that it names, is invalid.
    case usage(String)
    /// No daemon accepts the connection; the hint names a command that helps.
    case noDaemon(String, hint: String)
    /// The daemon has no provider or model of that name; the hint names a command that lists them.
    case notFound(String, hint: String)
    /// At least one check failed; each failure is already printed.
    case someFailed
    /// The daemon answered with an error.
    case refused(Refusal)
    /// The connection ended or broke the protocol; a negative result of libultra.
    case lost(Int32)
    /// The answer lacks a field that the protocol requires, or has one of another type.
    case unreadable(String)
    /// No answer within this time.
    case timedOut(Duration)
    /// Standard input neither ended nor brought a line within `--timeout`.
    case inputTimedOut(Duration)
    /// SIGINT.
    case interrupted
    /// The reader of standard output closed it (EPIPE).
    case outputClosed
    /// Writing to standard output failed with this errno.
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

    /// The sentence for the user; `nil`: the failure needs none.
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
        case .lost(ULTRA_ERROR_GOAWAY.rawValue): "the daemon did not execute the request: send it again"
        case .usage: "see: ultractl --help"
        case .someFailed, .lost, .unreadable, .timedOut, .inputTimedOut, .outputFailed, .interrupted, .outputClosed: nil
        }
    }

    /// Prints the message, the problems of a refusal and the hint, each on a line of its own.
    func report(to output: Output) {
        guard let message else { return }
        let style = Style(for: output)
        var text = "\(style.red("error:")) \(printable(message))\n"
        if case .refused(let refusal) = self {
            text += refusal.problems.map { "  \(oneLine($0))\n" }.joined()
        }
        if let hint { text += "\(style.yellow("hint:")) \(printable(hint))\n" }
        try? output.write(text)  // Standard error is the last place to report to: ignoring.
    }

    /// Prints the daemon's `error` event to standard output unchanged; any other failure prints nothing.
    func printAnswer() throws(Failure) {
        if case .refused(let refusal) = self { try Output.standardOutput.write(json: refusal.line) }
    }
}

extension Failure {
    /// Explains a failed `ultra_connect()`.
    ///
    /// - Parameters:
    ///   - socket: the path that was asked for; `nil`: the default.
    ///   - result: the negative number that it returned.
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
            return .noDaemon(
                "\(path) is not a socket", hint: "give the daemon's socket with --socket or ULTRAD_SOCKET")
        case -ECONNREFUSED:
            return .noDaemon(
                "ultrad is not running: no process listens on \(path), a socket left by an earlier daemon",
                hint: startHint)
        case -EACCES, -EPERM:
            return .noDaemon("permission denied: you have no access to \(path)", hint: accessHint(path))
        case -EAGAIN, -ETIMEDOUT:
            return .noDaemon(
                "ultrad at \(path) accepts no connections", hint: "see: systemctl status ultrad")
        default:
            return .noDaemon("no connection to \(path): \(String(cString: ultra_strerror(result)))", hint: startHint)
        }
    }

    private static let startHint = "start it with: systemctl start ultrad.socket (for all users) or ultrad (your own)"

    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    /// Names the group that may use the socket, else the group that may enter its directory.
    private static func accessHint(_ path: String) -> String {
        var status = stat()
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        guard stat(path, &status) == 0 || stat(directory, &status) == 0, let group = getgrgid(status.st_gid) else {
            return "ask the owner of the socket for access"
        }
        let name = String(cString: group.pointee.gr_name)
        return "join the group \(name), then log in again: sudo usermod -aG \(name) $USER"
    }
}

/// An `error` event of the daemon.
struct Refusal: Sendable {
    /// An error code of ultra-protocol(7), or one that a later daemon added.
    let code: String
    let message: String
    let hint: String?
    /// The invalid field of the request; `nil`: the error concerns no single field.
    let field: String?
    /// The problems of a configuration that `reload` rejected; empty for other errors.
    let problems: [String]
    /// The whole event as the daemon sent it, as one line with its newline.
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
