import Foundation
import ScriptedProvider

/// The built `ultrad`, started for one test on a socket of its own; it ends with this object. `@unchecked Sendable`:
/// nothing changes after `init` except what Foundation guards itself.
final class DaemonProcess: @unchecked Sendable {
    /// One daemon for all tests that leave it unharmed; it ends with the test process.
    static let shared: Result<DaemonProcess, any Error> = Result {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        atexit { if case .success(let daemon) = DaemonProcess.shared { daemon.end() } }
        return daemon
    }

    let folder: URL
    let socketPath: String
    let process = Process()
    private let log: URL

    /// - Parameters:
    ///   - arguments: Arguments after `--socket`.
    ///   - launcher: The absolute path and arguments of a program that becomes or runs the daemon.
    ///   - file: The text of the configuration file; nil: there is none.
    init(
        _ environment: [String: String] = [:], arguments: [String] = [], launcher: [String] = [], file: String? = nil
    ) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "ultra-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        socketPath = folder.appending(path: "ultrad.sock").path()
        log = folder.appending(path: "log")
        try Data().write(to: log)
        let command = launcher + [Self.binary("ultrad").path(), "--socket", socketPath] + arguments
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        // The options of the sanitizers apply to the daemon as well.
        var defaults = ProcessInfo.processInfo.environment.filter { $0.key.hasSuffix("SAN_OPTIONS") }
        // Without this, a daemon of root would use /var/lib.
        defaults["STATE_DIRECTORY"] = folder.path()
        defaults["CONFIGURATION_DIRECTORY"] = folder.path()
        try file?.write(to: folder.appending(path: "ultrad.toml"), atomically: true, encoding: .utf8)
        process.environment = environment.merging(defaults) { asked, _ in asked }
        let output = try FileHandle(forWritingTo: log)
        process.standardError = output
        process.standardOutput = output
        try process.run()
        try waitForSocket()
    }

    /// Starts a daemon with `provider` as its OpenAI.
    convenience init(
        openai provider: ScriptedProvider, _ more: [String: String] = [:], file: String? = nil
    ) throws {
        try self.init(openai: provider.url, more, file: file)
    }

    /// Starts a daemon with the server at `url`, a URL without a path, as its OpenAI.
    convenience init(openai url: String, _ more: [String: String] = [:], file: String? = nil) throws {
        let environment = ["OPENAI_API_KEY": "sk-test", "OPENAI_API_ENDPOINT": url + "/v1"]
        try self.init(environment.merging(more) { $1 }, file: file)
    }

    /// The configuration `file` with probes that are never answered from a recent one, so that a test need not wait.
    static func probingAnew(_ file: String? = nil) -> String {
        let text = file ?? ""
        let setting = "probe_reuse = \"0s\"\n"
        guard let header = text.range(of: "[health]\n") else { return text + "\n[health]\n" + setting }
        return text.replacingCharacters(in: header, with: "[health]\n" + setting)
    }

    deinit { end() }

    private func end() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    static func binary(_ name: String) -> URL {
        // The test bundle is beside the products: .build/debug/….xctest
        let test = URL(filePath: CommandLine.arguments[0])
        let products = ProcessInfo.processInfo.arguments.first.map { URL(filePath: $0).deletingLastPathComponent() }
        return (products ?? test.deletingLastPathComponent()).appending(path: name)
    }

    var logText: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// Waits for the process to end and returns its exit code.
    func exitCode() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

    var threadCount: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/task"))?.count ?? 0
    }

    /// Processor time of the daemon in nanoseconds, as the scheduler counts it.
    var processorNanoseconds: Int {
        let path = "/proc/\(process.processIdentifier)/schedstat"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: " ").first.flatMap { Int($0) } ?? 0
    }

    /// Resident set in bytes.
    var residentBytes: Int { status("VmRSS:") << 10 }

    /// Anonymous resident memory in bytes. Pages of files (code) come and go; the daemon's own data is anonymous.
    var residentOwnBytes: Int { status("RssAnon:") << 10 }

    /// A figure of proc_pid_status(5) in KiB; 0 if it is missing.
    private func status(_ name: String) -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }

    func client() throws -> Client { try Client(socketPath, of: self) }

    private func waitForSocket() throws {
        let deadline = Date(timeIntervalSinceNow: 20)
        while Date() < deadline, process.isRunning {
            if (try? Client(socketPath)) != nil { return }
            usleep(2000)  // there is no event to wait for before there is a socket
        }
        throw ClientError(what: "the daemon does not listen: \(logText)")
    }
}

struct ClientError: Error {
    let what: String
}
