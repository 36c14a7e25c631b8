internal import Logging
internal import UltraProviders

extension Configuration {
    /// Reads what there is to read: at the start, and again for a reload.
    ///
    /// 1. The `.env` file, if one is named, fills what the environment leaves open.
    /// 2. The configuration file: the named one, else the one in its usual place, which may be absent.
    /// 3. Keys: credential directory, environment, key files.
    /// 4. What they say of each other.
    ///
    /// Throws every problem at once, or gives a configuration without any. Nothing outlives the call but its result.
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
            problems.refuse(at: nil, "no place for the socket: set XDG_RUNTIME_DIR or name one with --socket")
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

    /// What was mended in the settings of `provider`; nil: nothing.
    private static func notice(_ provider: Provider) -> String? {
        guard case .http(let endpoint, _) = provider.backend, let path = endpoint.cutPath else { return nil }
        return "the endpoint of \(provider.id) ends in \(path), the path of one call: \(endpoint.base) is used"
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
