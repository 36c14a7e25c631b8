import ArgumentParser
internal import Glibc
internal import Logging
internal import UltraDaemon
internal import UltraSystem

/// `ultrad(8)`: parse, configure, run.
@main
struct Ultrad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ultrad",
        abstract: "The local LLM daemon: one warm connection to every provider, for every program on this machine.",
        discussion: """
            Keys and endpoints come from the environment: OPENAI_API_KEY, OPENAI_API_ENDPOINT, USE_MOCK=true, \
            DEFAULT_MODEL and others; and from a file: /etc/ultrad/ultrad.toml, or of a user \
            ~/.config/ultrad/ultrad.toml. SIGTERM finishes what is in flight, a second one stops at once.
            """,
        version: "ultrad \(Version.current)")

    @Option(help: ArgumentHelp("Read this configuration file, which must exist.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Read variables from this .env file; the environment wins.", valueName: "file"))
    var envFile: String?

    @Option(help: ArgumentHelp("Listen on this Unix socket.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Flag(help: "Check the configuration, print every problem, and stop.")
    var checkConfig = false

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
        if checkConfig { return print("the configuration is fine") }
        DescriptorLimit.raise()
        LoggingSystem.bootstrap { _ in JournalHandler(level: configuration.logLevel) }
        EventLoop.shared.adoptCurrentThread()
        let daemon = try Loop.assumeIsolated { () throws -> Daemon in
            do throws(Daemon.StartFailure) {
                let daemon = try Daemon(configuration, version: Version.current, log: Logger(label: "ultrad")) {
                    () throws(Configuration.Invalid) in
                    // Nobody else can change a process's environment, and systemd's variables are used up by now.
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
        withExtendedLifetime(daemon) {}
    }

    private var options: ConfigurationOptions {
        ConfigurationOptions(
            file: config, environmentFile: envFile, socket: socket, logLevel: logLevel, isRoot: geteuid() == 0,
            version: Version.current)
    }

    private static func complain(_ message: String) {
        write("ultrad: \(message)", to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: CInt) {
        var line = "\(text)\n"
        line.withUTF8 { _ = Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

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

/// EX_CONFIG of sysexits(3): the service manager does not start us again.
private let badConfiguration: Int32 = 78
