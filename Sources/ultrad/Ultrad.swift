import ArgumentParser
internal import CStart
internal import Glibc
internal import Logging
internal import UltraDaemon
internal import UltraSystem

/// The `ultrad` program (ultrad(8)): parses the command line, loads the configuration, runs the daemon.
@main
struct Ultrad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ultrad",
        abstract: "The local LLM daemon: one warm connection to every provider, for every program on this machine.",
        discussion: """
            Keys and endpoints come from the environment: OPENAI_API_KEY, OPENAI_API_ENDPOINT, USE_MOCK=true, \
            DEFAULT_MODEL and others, and from a file: /etc/ultrad/ultrad.toml for root and the service, \
            ~/.config/ultrad/ultrad.toml for other users. SIGTERM stops after the requests in flight have finished, \
            a second SIGTERM stops at once.
            """,
        version: "ultrad \(Self.versionNumber)")

    /// The release that this program is built from; `--version`, `hello` and the `User-Agent` header contain it.
    private static var versionNumber: String { String(cString: cstart_version()) }

    @Option(help: ArgumentHelp("Read this configuration file, which must exist.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Read variables from this .env file; the environment wins.", valueName: "file"))
    var envFile: String?

    @Option(help: ArgumentHelp("Listen on this Unix socket.", valueName: "path"))
    var socket: String?

    @Option(
        help: ArgumentHelp("Log level: trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Flag(help: "Write no state to disk: no registry, no ledger, no cache file.")
    var noState = false

    @Flag(help: "Check the configuration, print every problem and exit.")
    var checkConfig = false

    static func main() {
        cstart_hold_standard_descriptors()
        cstart_hide_memory()
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch {
            Glibc.exit(report(error))
        }
    }

    /// The command-line arguments without the program's name. Swift reads its own copy from /proc, and where that is
    /// not mounted it would silently ignore `--config` and the budgets in that file.
    private static var arguments: [String] {
        var arguments: [String] = []
        while let argument = cstart_argument(CInt(clamping: arguments.count + 1)) {
            arguments.append(String(cString: argument))
        }
        return arguments
    }

    /// Prints ArgumentParser's help, version or error, and returns the exit status.
    private static func report(_ error: any Error) -> Int32 {
        let isAnswer = exitCode(for: error).isSuccess
        let isWritten = write(fullMessage(for: error), to: isAnswer ? STDOUT_FILENO : STDERR_FILENO)
        return isAnswer ? (isWritten ? EXIT_SUCCESS : EXIT_FAILURE) : wrongUsage
    }

    func run() throws {
        Signals.block()
        let configuration: Configuration
        let (options, environment) = (options, Self.environment())
        do throws(Configuration.Invalid) {
            configuration = try Configuration.load(options, environment: environment)
        } catch {
            for problem in error.problems { Self.write(problem, to: checkConfig ? STDOUT_FILENO : STDERR_FILENO) }
            throw ExitCode(badConfiguration)
        }
        if checkConfig {
            let lines = configuration.warnings.map { "warning: \($0)" } + ["the configuration is fine"]
            guard Self.write(lines.joined(separator: "\n"), to: STDOUT_FILENO) else { throw ExitCode.failure }
            return
        }
        DescriptorLimit.raise()
        UnusedMemory.mapLongBlocks()
        LoggingSystem.bootstrap { _ in JournalHandler(level: configuration.logLevel) }
        EventLoop.shared.adoptCurrentThread()
        let daemon = try Loop.assumeIsolated { () throws -> Daemon in
            do throws(Daemon.StartFailure) {
                let daemon = try Daemon(configuration, version: Self.versionNumber, log: Logger(label: "ultrad")) {
                    () throws(Configuration.Invalid) in
                    // On reload the environment is the one captured at startup: nothing else can change it, and
                    // systemd's variables have been consumed.
                    try Configuration.load(options, environment: environment)
                }
                try daemon.start()
                return daemon
            } catch {
                Self.complain(error.message)
                throw ExitCode(error.exitCode)
            }
        }
        EventLoop.shared.run()
        Loop.assumeIsolated { daemon.finish() }
    }

    private var options: ConfigurationOptions {
        ConfigurationOptions(
            file: config, environmentFile: envFile, socket: socket, logLevel: logLevel, keepsState: !noState,
            isRoot: geteuid() == 0, version: Self.versionNumber)
    }

    private static func complain(_ message: String) {
        write("ultrad: \(message)", to: STDERR_FILENO)
    }

    /// Writes a line.
    /// - Returns: false if it could not be written in full. For standard output, also reports the error on standard
    ///   error.
    @discardableResult
    private static func write(_ text: String, to descriptor: CInt) -> Bool {
        var line = "\(text)\n"
        let code = line.withUTF8 { bytes -> CInt in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count < 0 ? errno : EIO }
                rest = rest.dropFirst(count)
            }
            return 0
        }
        guard code != 0 else { return true }
        if descriptor == STDOUT_FILENO {
            complain("standard output cannot be written: \(String(cString: strerror(code)))")
        }
        return false
    }

    /// A copy of the process's environment.
    private static func environment() -> [String: String] {
        var values: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee.map({ String(cString: $0) }) {
            if let equals = text.firstIndex(of: "=") {
                values[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            entry += 1
        }
        return values
    }
}

/// EX_CONFIG of sysexits(3), for which the unit does not restart the daemon (`RestartPreventExitStatus=`).
private let badConfiguration: Int32 = 78
/// The same exit status as in ultractl.
private let wrongUsage: Int32 = 2
