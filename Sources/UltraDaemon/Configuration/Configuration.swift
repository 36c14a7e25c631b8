package import Logging
package import UltraProviders
package import UltraSystem

/// Everything the daemon is told before it starts, and again by each reload. Precedence: option, environment, file,
/// default.
package struct Configuration: Sendable, Equatable {
    package var socketPath: String
    package var http = HTTPSettings()
    /// What survives a restart; `nil`: there is no place for it.
    package var stateDirectory: String?
    /// The configuration file that was read; `nil`: none.
    package var file: String?
    package var logLevel = Logger.Level.info
    /// Whose members are administrators: a name or a number; `nil`: nobody's.
    package var adminGroup: String? = Configuration.defaultAdminGroup
    package var providerSet: ProviderSet
    /// By provider id; what is missing has the defaults.
    package var providerSettings: [String: ProviderSettings] = [:]
    /// By `provider/model`; what is missing has the defaults.
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
    /// What was mended so that it can be meant. One sentence each.
    package var warnings: [String] = []

    static let defaultAdminGroup = "ultra-admin"

    package var providers: [Provider] { providerSet.providers }

    /// Settings that cannot be meant as they are.
    package struct Invalid: Error, Equatable, CustomStringConvertible {
        /// `file:line: text` where there is a place.
        package let problems: [String]

        package var description: String { problems.joined(separator: "\n") }
    }
}
