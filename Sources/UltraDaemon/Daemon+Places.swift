internal import Glibc
internal import Logging
internal import UltraSystem

/// The daemon's state directory and the file of its socket: claimed at the start, and looked after while it runs.
extension Daemon {
    /// EX_CONFIG of sysexits(3): the service manager does not start it again.
    private static let badConfiguration: Int32 = 78

    /// Claims the state directory; nil: there is none, or it cannot be made or locked, which is told and is no reason
    /// not to serve.
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

    /// Binds the daemon's own socket.
    static func listen(_ path: String) throws(StartFailure) -> Listener {
        do throws(Listener.Failure) {
            return try Listener(path: path)
        } catch {
            throw StartFailure(message: Self.words(for: error, path), exitCode: EXIT_FAILURE)
        }
    }

    private static func words(for failure: Listener.Failure, _ path: String) -> String {
        switch failure {
        case .inUse: "another ultrad listens on \(path): stop it, or name another socket with --socket"
        case .pathTooLong: "\(path) is too long for a socket (107 bytes): name another with --socket"
        case .notASocket: "\(path) exists and is no socket: remove it, or name another with --socket"
        case .system(let error): "cannot listen on \(path) (\(error)): name another socket with --socket"
        }
    }

    /// What was kept on the disk is written anew where the directory was, or nothing is kept from now on.
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
