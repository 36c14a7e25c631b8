internal import Glibc
internal import UltraSystem

/// The configuration that is in force, which a reload replaces. Everything that reads settings anew for each request or
/// probe holds this object.
@Loop
final class LoadedConfiguration {
    private(set) var configuration: Configuration
    /// When it was read, in seconds since 1970.
    private(set) var at = time(nil)
    /// Oddities of the configuration, and changes that need a restart; one sentence each.
    private(set) var warnings: [String] = []
    private(set) var administrators: Administrators

    init(_ configuration: Configuration, _ accounts: NamedAccounts) {
        self.configuration = configuration
        administrators = Administrators(group: configuration.adminGroup, accounts)
        warnings = ownWarnings
    }

    /// - Parameter changes: warnings about what changed.
    func replace(by new: Configuration, _ accounts: NamedAccounts, warnings changes: [String]) {
        configuration = new
        at = time(nil)
        administrators = Administrators(group: new.adminGroup, accounts)
        warnings = changes + ownWarnings
    }

    /// The warnings about the configuration itself.
    private var ownWarnings: [String] {
        guard let group = administrators.group, administrators.groupID == nil, group != Configuration.defaultAdminGroup
        else { return configuration.warnings }
        return configuration.warnings + ["this machine has no group \(group), which daemon.admin_group names"]
    }
}
