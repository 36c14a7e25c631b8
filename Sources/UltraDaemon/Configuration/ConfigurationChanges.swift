internal import UltraProviders

/// What a new configuration says differently.
struct ConfigurationChanges: Equatable {
    /// Keys as the file has them (`limits.drain`); of providers, models and routes the table (`providers.groq`).
    private(set) var keys: [String] = []
    /// Ids of providers that came and went.
    private(set) var added: [String] = []
    private(set) var removed: [String] = []
    /// What differs and can only change with a restart: `keys` does not have it. One sentence each.
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
            warnings.append("the socket stays \(old.socketPath): another one needs a restart")
        }
        if old.http.socket != new.http.socket {
            warnings.append("the HTTP socket stays as it is: another one needs a restart")
        }
        if old.stateDirectory != new.stateDirectory {
            warnings.append("the state directory stays \(old.stateDirectory ?? "unset"): another one needs a restart")
        }
        if old.transport != new.transport {
            warnings.append("proxies and trusted certificates stay as they are: others need a restart")
        }
        if old.limits.upstreamIdle != new.limits.upstreamIdle {
            warnings.append("limits.upstream_idle stays as it is: another one needs a restart")
        }
        if old.cache != new.cache { warnings.append("the cache stays as it is: other settings need a restart") }
        if old.ledger != new.ledger { warnings.append("the ledger stays as it is: other settings need a restart") }
    }
}

extension Configuration {
    /// As it can hold in a process that runs under `old`.
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
