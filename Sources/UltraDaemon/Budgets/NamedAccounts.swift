internal import UltraSystem

/// The numbers of the users and groups that a configuration names. A missing name is unknown to the system.
struct NamedAccounts: Sendable, Equatable {
    private(set) var users: [String: UInt32] = [:]
    private(set) var groups: [String: UInt32] = [:]

    init(users: [String: UInt32] = [:], groups: [String: UInt32] = [:]) {
        self.users = users
        self.groups = groups
    }

    /// Asks the system's databases without a cache, so that a reload finds a group that was just created. Blocks: for
    /// the start, and for the disk's thread.
    init(of configuration: Configuration) {
        for budget in configuration.budgets {
            if let name = budget.user, users[name] == nil { users[name] = AccountNames.uid(of: name) }
            if let name = budget.group, groups[name] == nil { groups[name] = AccountNames.gid(of: name) }
        }
        if let name = configuration.adminGroup, groups[name] == nil { groups[name] = GroupID.named(name) }
    }
}
