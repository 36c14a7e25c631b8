/// The content of the configuration file; a key that it does not set has its default.
struct ConfigurationFile: Sendable, Equatable {
    var daemon = DaemonSettings()
    var http = HTTPSettings()
    var limits = Limits()
    var timeouts = DefaultTimeouts()
    var retry = RetrySettings()
    var health = HealthSettings()
    var routing = RoutingSettings()
    var models: [String: ModelSettings] = [:]
    var providers: [String: ProviderTable] = [:]
    var cache = CacheSettings()
    var ledger = LedgerSettings()
    var budgets: [BudgetSettings] = []

    /// Decodes `text`. Problems are added to `problems`, each with its line.
    init(_ text: String, path: String, _ problems: inout Problems) {
        self.init()
        do throws(TomlNode.SyntaxError) {
            let root = try TomlNode.document(text)
            var reader = KeyReader(file: path, problems: problems)
            reader.read(root, "", into: &self)
            problems = reader.problems
        } catch {
            problems.refuse(at: Problems.Place(file: path, line: error.line), error.reason)
        }
    }

    init() {}
}

extension ConfigurationFile: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey("daemon", \.daemon, .table(), "The process itself"),
        SettingKey("http", \.http, .table(), "HTTP, for programs written for OpenAI's API"),
        SettingKey("limits", \.limits, .table(), "What a client or an upstream can make the daemon hold"),
        SettingKey("timeouts", \.timeouts, .table(), "The daemon's timers for a request that sets none"),
        SettingKey("retry", \.retry, .table(), "When a failed try is repeated"),
        SettingKey("health", \.health, .table(), "How the daemon finds out what works"),
        SettingKey("routing", \.routing, .table(), "Who answers what"),
        SettingKey("routes", \.routing.routes, .tables(), "Names that stand for several models"),
        SettingKey("models", \.models, .tables(), "What is known better of a model than its provider or Ultra says"),
        SettingKey("providers", \.providers, .tables(), "Providers, built in or another server"),
        SettingKey("cache", \.cache, .table(), "Answers kept for equal requests"),
        SettingKey("ledger", \.ledger, .table(), "The record of use"),
        SettingKey("budgets", \.budgets, .tableList(), "What someone may use"),
    ]
}
