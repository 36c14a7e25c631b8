package import Logging
package import UltraProviders
package import UltraSystem

/// Everything the daemon is told before it starts. Precedence: option, environment, default.
package struct Configuration: Sendable {
    package var socketPath: String
    package var providers: [Provider]
    /// By provider id.
    package var providerSettings: [String: ProviderSettings] = [:]
    /// By `provider/model`.
    package var models: [String: ModelSettings] = [:]
    package var routing = RoutingSettings()
    package var retry = RetrySettings()
    package var health = HealthSettings()
    /// Where what survives a restart is kept; nil: nowhere.
    package var stateDirectory: String?
    package var logLevel: Logger.Level
    package var transport = TransportSettings()
    package var limits = Limits()
    package var timeouts = DefaultTimeouts()

    /// A setting that cannot be meant as it is.
    package struct Invalid: Error, Equatable, CustomStringConvertible {
        package let problems: [String]

        package var description: String { problems.joined(separator: "\n") }
    }

    /// Reads the environment; `socket` and `logLevel` are the command line's. Reports every problem at once.
    package init(
        environment: [String: String], socket: String? = nil, logLevel: String? = nil, isRoot: Bool, version: String
    ) throws(Invalid) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let (providers, found) = Provider.configured(environment: environment)
        var problems = found.map(\.description)
        self.providers = providers
        routing.defaultModel = value("DEFAULT_MODEL")

        let level = logLevel ?? value("LOG_LEVEL") ?? "info"
        self.logLevel = Logger.Level(rawValue: level.lowercased()) ?? .info
        if Logger.Level(rawValue: level.lowercased()) == nil {
            problems.append("LOG_LEVEL must be trace, debug, info, notice, warning, error or critical")
        }

        routing.usesLocalModelsWhenOffline = value("USE_LOCAL_MODELS_WHEN_OFFLINE")?.lowercased() == "true"
        stateDirectory =
            value("STATE_DIRECTORY").map { String($0.prefix { $0 != ":" }) }
            ?? value("XDG_STATE_HOME").map { "\($0)/ultrad" } ?? value("HOME").map { "\($0)/.local/state/ultrad" }
        transport.userAgent = "ultrad/\(version)"
        transport.certificateFile = value("SSL_CERT_FILE")
        // The lower-case names are curl's; HTTP_PROXY in capitals can be set by a CGI client, which a daemon has not.
        transport.httpProxy = value("HTTP_PROXY") ?? value("http_proxy")
        transport.httpsProxy = value("HTTPS_PROXY") ?? value("https_proxy")
        transport.noProxy = value("NO_PROXY") ?? value("no_proxy")

        if let path = socket ?? value("ULTRAD_SOCKET") {
            socketPath = path
        } else if !isRoot, let runtime = value("XDG_RUNTIME_DIR") {
            socketPath = "\(runtime)/ultrad/ultrad.sock"
        } else if isRoot {
            socketPath = "/run/ultrad/ultrad.sock"
        } else {
            socketPath = ""
            problems.append("no place for the socket: set XDG_RUNTIME_DIR or name one with --socket")
        }
        guard problems.isEmpty else { throw Invalid(problems: problems) }
    }
}
