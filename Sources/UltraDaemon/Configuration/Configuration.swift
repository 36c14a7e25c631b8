internal import UltraAPI
package import Logging
package import UltraProviders
package import UltraSystem

/// The configuration of the daemon, read at the start and by each reload. Precedence: option, environment, file,
/// default.
package struct Configuration: Sendable, Equatable {
    package var socketPath: String
    package var http = HTTPSettings()
    /// The directory of the files that survive a restart; nil: nothing is saved.
    package var stateDirectory: String?
    /// The configuration file that was read; nil: none exists.
    package var file: String?
    package var logLevel = Logger.Level.info
    /// The name or number of the group whose members are administrators; nil: nobody is.
    package var adminGroup: String? = Configuration.defaultAdminGroup
    package var providerSet: ProviderSet
    /// By provider id; a provider that is not in it has the defaults.
    package var providerSettings: [String: ProviderSettings] = [:]
    /// By `provider/model`; a model that is not in it has the defaults.
    package var models: [String: ModelSettings] = [:]
    package var routing = RoutingSettings()
    package var retry = RetrySettings()
    package var health = HealthSettings()
    package var transport = TransportSettings()
    package var limits = Limits()
    package var timeouts = DefaultTimeouts()
    package var cache = CacheSettings()
    package var ledger = LedgerSettings()
    package var budgets: [BudgetSettings] = []
    /// Corrections that were made to the settings, one sentence each.
    package var warnings: [String] = []

    static let defaultAdminGroup = "ultra-admin"

    package var providers: [Provider] { providerSet.providers }

    /// The error of an invalid configuration, with all its problems.
    package struct Invalid: Error, Equatable, CustomStringConvertible {
        /// One line each, `file:line: text` or only `text`.
        package let problems: [String]

        package var description: String { problems.joined(separator: "\n") }
    }
}

/// The configured providers. Two sets are equal if they are built from the same settings and keys.
package struct ProviderSet: Sendable, Equatable {
    package let providers: [Provider]
    private let environment: [String: Secret]
    private let servers: [Provider.CompatibleServer]
    private let plaintext: Set<String>

    /// - Parameters:
    ///   - environment: the variables, completed with settings and keys of the configuration file.
    ///   - servers: the OpenAI-compatible servers.
    ///   - plaintext: the ids of built-in providers that may have an `http` endpoint on a public host.
    init(
        environment: [String: String], servers: [Provider.CompatibleServer], plaintext: Set<String>,
        _ problems: inout Problems
    ) {
        let (providers, found) = Provider.configured(
            environment: environment, servers: servers, allowsPlaintext: plaintext)
        for problem in found { problems.refuse(problem.setting, problem.reason) }
        self.providers = providers
        self.environment = environment.filter { name, _ in !EnvironmentVariable.own.contains { $0.name == name } }
            .mapValues { Secret($0) }
        self.servers = servers
        self.plaintext = plaintext
    }

    /// The settings and keys that a provider is built from, without its `ProviderSettings`.
    struct Recipe: Equatable {
        fileprivate let server: Provider.CompatibleServer?
        fileprivate let variables: [String: Secret]
        fileprivate let allowsPlaintext: Bool
    }

    func recipe(of id: String) -> Recipe {
        let kind = ProviderKind.all.first { $0.id == id }
        let names = (kind?.keyVariables ?? []) + (kind?.endpointVariables ?? []) + [kind?.organizationVariable ?? ""]
        return Recipe(
            server: servers.first { $0.name == id }, variables: environment.filter { names.contains($0.key) },
            allowsPlaintext: plaintext.contains(id))
    }

    package static func == (a: ProviderSet, b: ProviderSet) -> Bool {
        a.environment == b.environment && a.servers == b.servers && a.plaintext == b.plaintext
    }
}
