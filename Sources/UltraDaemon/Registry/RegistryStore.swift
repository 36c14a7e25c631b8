internal import Glibc
internal import Logging
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Saves the registry's state to a file, so that a restart does not lose it.
///
/// Each save writes a new file and renames it over the old one, so a crash leaves a complete file that is at most a few
/// seconds old. A file that cannot be read is logged and ignored.
@Loop
final class RegistryStore {
    /// The time from a change to the save.
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

    /// Schedules a save. A registry of many thousand models is saved less often, because each save copies it.
    func schedule() {
        guard !timer.isArmed else { return }
        let models = registry.providers.reduce(0) { $0 + $1.models.count }
        timer.arm(after: max(Self.delay, .milliseconds(models / Self.modelsPerMillisecond)))
    }

    /// With 20,000 models, saves are 10 seconds apart.
    private static let modelsPerMillisecond = 2

    /// Saves the current state. The copy is made on the loop; the disk thread encodes and writes it.
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

    /// Saves the final state; blocks the loop until the file is written, for at most `patience`.
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

    /// Reads the file, if there is one, and applies it to the registry.
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
