internal import Glibc
internal import Logging
internal import UltraSystem

/// The daemon's listening sockets.
extension Daemon {
    /// Opens the sockets that the service manager passed, told apart by their names, or else those of the configuration.
    func openDoors() throws(StartFailure) {
        var passed = ServiceNotifier.passedListeners()
        let isActivated = !passed.isEmpty
        let frames = passed.removeValue(forKey: "api") ?? passed.removeValue(forKey: "unknown") ?? []
        let http = passed.removeValue(forKey: "http") ?? []
        if let name = passed.keys.min() {
            throw StartFailure(
                message: "a socket is passed as \(name): FileDescriptorName= must be api or http", exitCode: EX_CONFIG)
        }
        if !isActivated || !frames.isEmpty {
            door.open(try DoorSocket(configuration.socketPath, namedBy: "--socket", passed: frames, log))
        }
        // An administrator who enabled one socket unit alone wants no other door.
        guard !isActivated || !http.isEmpty else { return }
        guard let path = configuration.http.path(beside: configuration.socketPath) else { return }
        do throws(StartFailure) {
            httpDoor.open(try DoorSocket(path, namedBy: "http.socket", passed: http, log))
        } catch {
            // Nobody asked for the one beside the daemon's own.
            guard configuration.http.socket == .beside else { throw error }
            log.warning("programs are not served over HTTP: \(error.message)")
        }
    }
}
