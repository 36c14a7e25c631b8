internal import UltraProviders

/// The differences between two configurations, for the report of a reload.
struct ConfigurationChanges: Equatable {
    /// Changed keys of the file (`limits.drain`); for providers, models and routes their tables (`providers.groq`).
    private(set) var keys: [String] = []
    /// Ids of added providers.
    private(set) var added: [String] = []
    /// Ids of removed providers.
    private(set) var removed: [String] = []
    /// Changes that need a restart, one sentence each. They are not in `keys`.
    private(set) var warnings: [String] = []

    init(from old: Configuration, to new: Configuration) {
        if old.logLevel != new.logLevel { keys.append("daemon.log_level") }
        if old.adminGroup != new.adminGroup { keys.append("daemon.admin_group") }
        compare("http", old.http, new.http)
        keys.removeAll { $0 == "http.socket" }
        compare("limits", old.limits, new.limits)
        keys.removeAll { $0 == "limits.upstream_idle" }
        compare("timeouts", old.timeouts, new.timeouts)
        compare("retry", old.retry, new.retry)
        compare("health", old.health, new.health)
        compare("routing", old.routing, new.routing)
        compare("routes", old.routing.routes, new.routing.routes)
        compare("models", old.models, new.models)
        compareProviders(old, new)
        if old.budgets != new.budgets { keys.append("budgets") }
        warn(old, new)
    }

    private mutating func compare<Table: SettingTable>(_ name: String, _ old: Table, _ new: Table) {
        keys += Table.keys.filter { !$0.isEqual(old, new) }.map { "\(name).\($0.name)" }
    }

    private mutating func compare<Table: Equatable>(_ name: String, _ old: [String: Table], _ new: [String: Table]) {
        let names = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }
        keys += names.sorted().map { "\(name).\(TomlNode.key($0))" }
    }

    private mutating func compareProviders(_ old: Configuration, _ new: Configuration) {
        let (before, after) = (old.providers.map(\.id), new.providers.map(\.id))
        added = after.filter { !before.contains($0) }
        removed = before.filter { !after.contains($0) }
        let changed = Set(before).union(after).filter { id in
            before.contains(id) != after.contains(id) || old.providerSettings[id] != new.providerSettings[id]
                || old.providerSet.recipe(of: id) != new.providerSet.recipe(of: id)
        }
        keys += changed.sorted().map { "providers.\(TomlNode.key($0))" }
    }

    private mutating func warn(_ old: Configuration, _ new: Configuration) {
        if old.socketPath != new.socketPath {
            warnings.append("the socket stays \(old.socketPath): a change needs a restart")
        }
        if old.http.socket != new.http.socket {
            warnings.append("the HTTP socket stays as it is: a change needs a restart")
        }
        if old.stateDirectory != new.stateDirectory {
            warnings.append("the state directory stays \(old.stateDirectory ?? "unset"): a change needs a restart")
        }
        if old.transport != new.transport {
            warnings.append("proxies and trusted certificates stay as they are: a change needs a restart")
        }
        if old.limits.upstreamIdle != new.limits.upstreamIdle {
            warnings.append("limits.upstream_idle stays as it is: a change needs a restart")
        }
        if old.cache != new.cache { warnings.append("the [cache] settings stay as they are: a change needs a restart") }
        if old.ledger != new.ledger {
            warnings.append("the [ledger] settings stay as they are: a change needs a restart")
        }
    }
}

extension Configuration {
    /// This configuration with the settings of `old` that only a restart can change.
    func keepingFixed(of old: Configuration) -> Configuration {
        var kept = self
        kept.socketPath = old.socketPath
        kept.http.socket = old.http.socket
        kept.stateDirectory = old.stateDirectory
        kept.transport = old.transport
        kept.limits.upstreamIdle = old.limits.upstreamIdle
        kept.cache = old.cache
        kept.ledger = old.ledger
        return kept
    }
}
