import Foundation

/// A program run to its end: what it printed, and its exit status.
struct Command: Equatable {
    var output: String
    var error: String
    /// Negative: the signal that killed it.
    var status: Int32

    /// Where the built programs are.
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

    /// Runs `program`; its standard input is `input`, or empty. What goes to `terminal` or `output` is not collected.
    /// After `limit` seconds it is killed.
    static func run(
        _ program: String, _ arguments: [String], input: String? = nil, environment: [String: String] = [:],
        output: FileHandle? = nil, terminal: FileHandle? = nil, limit: Double = 20
    ) throws -> Command {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        let folder = try TemporaryFolder()
        // Files, not pipes: nobody has to read them while the program runs.
        let files = ["input", "output", "error"].map { URL(fileURLWithPath: "\(folder.path)/\($0)") }
        try Data((input ?? "").utf8).write(to: files[0])
        try Data().write(to: files[1])
        try Data().write(to: files[2])
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try output ?? terminal ?? FileHandle(forWritingTo: files[1])
        process.standardError = try terminal ?? FileHandle(forWritingTo: files[2])
        // A child inherits the mask of the thread that starts it, and threads of a pool block all signals.
        var none = sigset_t()
        var masked = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &masked)
        let started = Result { try process.run() }
        pthread_sigmask(SIG_SETMASK, &masked, nil)
        try started.get()
        // What hangs is a failure like any other.
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
