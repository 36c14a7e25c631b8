internal import Glibc
internal import Logging
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Keeps what the registry has learned in a file, so that a restart does not begin from nothing.
///
/// Written to a new file that takes the old one's place, so that a crash leaves one or the other, at most a few seconds
/// old. A file that cannot be read is no reason not to start.
@Loop
final class RegistryStore {
    /// From a change to the file.
    static let delay = Duration.seconds(2)
    static let name = "registry.json"

    private let registry: Registry
    private let path: String
    private let folder: String
    var log: Logger
    private var timer = Timer {}
    private var hasComplained = false

    init(_ registry: Registry, folder: String, _ log: Logger) {
        self.registry = registry
        self.folder = folder
        self.log = log
        path = "\(folder)/\(Self.name)"
        timer.onFire = { [unowned self] in save() }
    }

    isolated deinit {
        timer.cancel()
    }

    /// Saves soon.
    func schedule() {
        if !timer.isArmed { timer.arm(after: Self.delay) }
    }

    func save() {
        timer.cancel()
        let bytes = RegistrySnapshot(registry.providers, at: WallClock.now).bytes
        do throws(SystemError) {
            try StateFile.replace(path, in: folder, with: bytes)
            hasComplained = false
        } catch {
            guard !hasComplained else { return }
            hasComplained = true
            log.warning("the registry is not kept: \(error)", metadata: ["ultra_path": "\(path)"])
        }
    }

    func load() {
        do throws(SystemError) {
            guard let bytes = try StateFile.read(path) else { return }
            do throws(JSONError) {
                let now = WallClock.now
                try RegistrySnapshot(bytes, at: now).restore(into: registry, at: now)
            } catch {
                log.warning("the kept registry is not readable: ignoring", metadata: ["ultra_path": "\(path)"])
            }
        } catch {
            log.warning("the kept registry cannot be read (\(error)): ignoring", metadata: ["ultra_path": "\(path)"])
        }
    }
}
