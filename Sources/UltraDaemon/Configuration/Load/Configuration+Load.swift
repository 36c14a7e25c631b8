internal import Logging
internal import UltraProviders

extension Configuration {
    /// Reads the configuration, at the start and for a reload.
    ///
    /// 1. The `.env` file of `--env-file` sets variables that the environment does not set.
    /// 2. The configuration file is the one of `--config`, which must exist, or the default one, which may be absent.
    /// 3. Keys come from the credential directory, the environment and key files, in this order of precedence.
    /// 4. The names in the configuration are checked against each other.
    ///
    /// Reads files, so it blocks; changes no state.
    /// - Parameter process: the environment of the process.
    /// - Throws: all problems together.
    package static func load(
        _ options: ConfigurationOptions, environment process: [String: String], files: FileAccess = .system
    ) throws(Invalid) -> Configuration {
        var problems = Problems()
        var environment = Environment(process)
        if let path = options.environmentFile, let text = files.text(path, mustExist: true, &problems) {
            environment.add(text, path: path, &problems)
        }
        let places = Places(environment: environment, isRoot: options.isRoot)
        var file = ConfigurationFile()
        let path = options.file ?? places.configurationFile
        let text = path.flatMap { files.text($0, mustExist: options.file != nil, &problems) }
        if let path, let text { file = ConfigurationFile(text, path: path, &problems) }

        var sources = ProviderSources(file.providers, environment, files, file: path ?? "")
        sources.fill(&problems)
        let servers = sources.servers(&problems)
        let providerSet = ProviderSet(
            environment: sources.environment.values, servers: servers, plaintext: sources.plaintext, &problems)

        if options.socket == nil, environment["ULTRAD_SOCKET"] == nil, file.daemon.socket == nil, places.socket == nil {
            problems.refuse(at: nil, "the socket has no path: set XDG_RUNTIME_DIR, or give one with --socket")
        }
        var configuration = Configuration(
            socketPath: options.socket ?? environment["ULTRAD_SOCKET"] ?? file.daemon.socket ?? places.socket ?? "",
            providerSet: providerSet)
        configuration.file = text == nil ? nil : path
        if options.keepsState {
            configuration.stateDirectory =
                places.serviceStateDirectory ?? file.daemon.stateDirectory ?? places.defaultStateDirectory
        }
        configuration.logLevel = level(options, environment, &problems) ?? file.daemon.logLevel
        configuration.adminGroup = file.daemon.adminGroup
        configuration.adopt(file)
        configuration.transport.adopt(environment, version: options.version)
        if let model = environment["DEFAULT_MODEL"] { configuration.routing.defaultModel = model }
        if let isWanted = environment.flag("USE_LOCAL_MODELS_WHEN_OFFLINE", &problems) {
            configuration.routing.usesLocalModelsWhenOffline = isWanted
        }
        NameCheck(file: file, servers: servers.map(\.name)).run(&problems)
        if let model = configuration.routing.defaultModel {
            let setting = environment["DEFAULT_MODEL"] == nil ? "routing.default_model" : "DEFAULT_MODEL"
            NameCheck(file: file, servers: servers.map(\.name)).checkDefault(model, setting, &problems)
        }
        guard problems.isEmpty else { throw Invalid(problems: problems.lines) }
        configuration.warnings = configuration.providers.compactMap(Self.notice)
        return configuration
    }

    /// The warning about a corrected setting of `provider`; nil: none was corrected.
    private static func notice(_ provider: Provider) -> String? {
        guard case .http(let endpoint, _) = provider.backend, let path = endpoint.cutPath else { return nil }
        return "the endpoint of \(provider.id) ends in \(path), the path of one request: \(endpoint.base) is used"
    }

    private mutating func adopt(_ file: ConfigurationFile) {
        http = file.http
        limits = file.limits
        timeouts = file.timeouts
        retry = file.retry
        health = file.health
        routing = file.routing
        models = file.models.filter { $0.value != ModelSettings() }
        cache = file.cache
        ledger = file.ledger
        budgets = file.budgets
        providerSettings = file.providers.mapValues(\.settings)
        for provider in providers {
            guard let limit = provider.concurrencyLimit else { continue }
            providerSettings[provider.id, default: ProviderSettings()].concurrency = limit
        }
        providerSettings = providerSettings.filter { $0.value != ProviderSettings() }
    }

    private static func level(
        _ options: ConfigurationOptions, _ environment: Environment, _ problems: inout Problems
    ) -> Logger.Level? {
        let setting = options.logLevel == nil ? "LOG_LEVEL" : "--log-level"
        guard let text = options.logLevel ?? environment["LOG_LEVEL"] else { return nil }
        if let level = Logger.Level(rawValue: text.lowercased()) { return level }
        problems.refuse(setting, "must be trace, debug, info, notice, warning, error or critical")
        return nil
    }
}

/// The default paths of the daemon's files, by the XDG Base Directory Specification and systemd.exec(5).
struct Places {
    let environment: Environment
    let isRoot: Bool

    /// nil: the environment names no directory for it.
    var configurationFile: String? {
        if let folder = first("CONFIGURATION_DIRECTORY") { return "\(folder)/ultrad.toml" }
        if isRoot { return "/etc/ultrad/ultrad.toml" }
        return absolute("XDG_CONFIG_HOME", orHome: ".config").map { "\($0)/ultrad/ultrad.toml" }
    }

    /// The directory of the unit's `StateDirectory=`, the only one that the sandboxed service may write to; nil: not
    /// started by systemd.
    var serviceStateDirectory: String? { first("STATE_DIRECTORY") }

    /// nil: the environment names no directory for it.
    var defaultStateDirectory: String? {
        if isRoot { return "/var/lib/ultrad" }
        return absolute("XDG_STATE_HOME", orHome: ".local/state").map { "\($0)/ultrad" }
    }

    /// nil: the environment names no directory for it.
    var socket: String? {
        // A socket that systemd passes has its own path; this one is not used then.
        if isRoot || environment["LISTEN_FDS"] != nil { return "/run/ultrad/ultrad.sock" }
        return environment["XDG_RUNTIME_DIR"].map { "\($0)/ultrad/ultrad.sock" }
    }

    /// The first directory of a variable; systemd separates several by colons.
    private func first(_ name: String) -> String? {
        environment[name]?.split(separator: ":").first.map(String.init)
    }

    /// The directory of an XDG variable, or its default below `$HOME`. The specification requires relative paths to be
    /// ignored.
    private func absolute(_ name: String, orHome folder: String) -> String? {
        if let path = environment[name], path.hasPrefix("/") { return path }
        return environment["HOME"].map { "\($0)/\(folder)" }
    }
}

/// The options of the command line, and facts that are fixed for the life of the process.
package struct ConfigurationOptions: Sendable, Equatable {
    /// `--config`; the file must exist.
    package var file: String?
    /// `--env-file`; the file must exist.
    package var environmentFile: String?
    /// `--socket`.
    package var socket: String?
    /// `--log-level`.
    package var logLevel: String?
    /// False with `--no-state`.
    package var keepsState: Bool
    package var isRoot: Bool
    /// The version in the `User-Agent` header.
    package var version: String

    package init(
        file: String? = nil, environmentFile: String? = nil, socket: String? = nil, logLevel: String? = nil,
        keepsState: Bool = true, isRoot: Bool = false, version: String
    ) {
        self.file = file
        self.environmentFile = environmentFile
        self.socket = socket
        self.logLevel = logLevel
        self.keepsState = keepsState
        self.isRoot = isRoot
        self.version = version
    }
}
