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

    /// Saves soon. A registry of many thousand models is saved less often: each time takes a copy of it.
    func schedule() {
        guard !timer.isArmed else { return }
        let models = registry.providers.reduce(0) { $0 + $1.models.count }
        timer.arm(after: max(Self.delay, .milliseconds(models / Self.modelsPerMillisecond)))
    }

    /// Of the delay: 20,000 models are saved every 10 seconds at most.
    private static let modelsPerMillisecond = 2

    /// Saves what is known now. The loop takes the copy; the disk's thread makes the text of it and writes it.
    func save() {
        timer.cancel()
        let now = WallClock.now
        let (snapshot, shift) = (RegistrySnapshot(registry, at: now), RealTime.now - now)
        let (path, folder) = (path, folder)
        Disk.perform { [self] in
            let failure = Self.write(snapshot, shift, path, in: folder)
            Loop.perform { self.saved(failure) }
        }
    }

    /// Saves for the last time, and returns when that is done, or when the disk takes too long.
    func saveAndWait() {
        timer.cancel()
        let now = WallClock.now
        let (snapshot, shift) = (RegistrySnapshot(registry, at: now), RealTime.now - now)
        let (path, folder) = (path, folder)
        let failure = Disk.wait(atMost: Self.patience) { Self.write(snapshot, shift, path, in: folder) }
        saved(failure ?? nil)
    }

    private static let patience = Duration.seconds(5)

    private nonisolated static func write(
        _ snapshot: RegistrySnapshot, _ shift: Int, _ path: String, in folder: String
    ) -> SystemError? {
        do throws(SystemError) {
            try StateFile.replace(path, in: folder, with: snapshot.bytes(shiftedBy: shift))
            return nil
        } catch {
            return error
        }
    }

    private func saved(_ failure: SystemError?) {
        guard let failure else { return hasComplained = false }
        guard !hasComplained else { return }
        hasComplained = true
        log.warning("the registry is not kept: \(failure)", metadata: ["ultra_path": "\(path)"])
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
