internal import Glibc
internal import Logging
internal import UltraSystem

/// The daemon's state directory: claimed at the start, and watched while it runs.
extension Daemon {
    /// EX_CONFIG of sysexits(3), after which the service manager does not start the daemon again.
    private static let badConfiguration: Int32 = 78

    /// Claims the state directory; nil: none is configured, or it cannot be made or locked, which is logged and does not
    /// keep the daemon from serving.
    /// - Throws: if another daemon holds it.
    static func claim(_ folder: String?, _ log: Logger) throws(StartFailure) -> StateDirectory? {
        guard let folder else { return nil }
        do throws(StateDirectory.Failure) {
            return try StateDirectory(claiming: folder)
        } catch {
            switch error {
            case .held(let owner):
                throw StartFailure(
                    message: "\(words(heldBy: owner, folder)): stop it, give this one another directory "
                        + "(daemon.state_directory), or start it with --no-state",
                    exitCode: badConfiguration)
            case .system(let error):
                log.warning(
                    "the state directory cannot be claimed (\(error)): another ultrad could use it too",
                    metadata: ["ultra_path": "\(folder)"])
                return nil
            }
        }
    }

    private static func words(heldBy owner: Int32?, _ folder: String) -> String {
        "another ultrad\(owner.map { " (pid \($0))" } ?? "") holds the state directory \(folder)"
    }

    /// Writes the state anew if the directory was replaced; keeps nothing from now on if another daemon holds it.
    func stateDirectoryChanged(_ standing: StateDirectory.Standing) {
        let folder = configuration.stateDirectory ?? ""
        switch standing {
        case .inPlace: return
        case .renewed:
            log.warning(
                "the state directory was removed or replaced while ultrad ran: it is made anew",
                metadata: ["ultra_path": "\(folder)"])
            ledger.reopen()
            cache?.reopen()
            store?.save()
        case .lost(.held(let owner)):
            log.error(
                "\(Self.words(heldBy: owner, folder)): nothing is kept from now on",
                metadata: ["ultra_path": "\(folder)"])
            ledger.turnOff("another ultrad holds the state directory")
            cache?.turnOffFile()
            forgetStore()
        case .lost(.system(let error)):
            log.error(
                "the state directory was removed and cannot be made anew (\(error)): nothing is kept until then",
                metadata: ["ultra_path": "\(folder)"])
        }
    }
}
