import Foundation

/// The output and exit status of a program that has ended.
struct Command: Equatable {
    var output: String
    var error: String
    /// Negative: the signal that killed it.
    var status: Int32

    /// The folder of the built programs.
    static let products = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path

    static let ultractl = products + "/ultractl"

    /// The root of the package.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// Runs `ultractl` against the daemon at `socket`, in an environment without the caller's settings.
    static func ultractl(
        _ arguments: String..., socket: String, input: String? = nil, environment: [String: String] = [:]
    ) throws -> Command {
        try run(
            ultractl, arguments, input: input,
            environment: environment.merging(["ULTRAD_SOCKET": socket]) { $1 })
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - input: its standard input; `nil`: empty.
    ///   - output: receives standard output, which is then not collected.
    ///   - terminal: receives both outputs, which are then not collected.
    ///   - limit: seconds after which the program is killed.
    static func run(
        _ program: String, _ arguments: [String], input: String? = nil, environment: [String: String] = [:],
        output: FileHandle? = nil, terminal: FileHandle? = nil, limit: Double = 20
    ) throws -> Command {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        let folder = try TemporaryFolder()
        // Files and not pipes, which would have to be read while the program runs.
        let files = ["input", "output", "error"].map { URL(fileURLWithPath: "\(folder.path)/\($0)") }
        try Data((input ?? "").utf8).write(to: files[0])
        try Data().write(to: files[1])
        try Data().write(to: files[2])
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try output ?? terminal ?? FileHandle(forWritingTo: files[1])
        process.standardError = try terminal ?? FileHandle(forWritingTo: files[2])
        // A child inherits the signal mask of the thread that starts it, and threads of a pool block all signals.
        var none = sigset_t()
        var masked = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &masked)
        let started = Result { try process.run() }
        pthread_sigmask(SIG_SETMASK, &masked, nil)
        try started.get()
        // A program that hangs is killed, and so fails its test.
        let id = process.processIdentifier
        let watchdog = DispatchWorkItem { kill(id, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + limit, execute: watchdog)
        process.waitUntilExit()
        watchdog.cancel()
        func text(_ file: URL) throws -> String { String(decoding: try Data(contentsOf: file), as: UTF8.self) }
        return Command(
            output: try text(files[1]), error: try text(files[2]),
            status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
    }
}
