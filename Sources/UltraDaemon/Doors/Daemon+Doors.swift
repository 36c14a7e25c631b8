internal import Glibc
internal import Logging
internal import UltraSystem

/// The daemon's listening sockets.
extension Daemon {
    /// Opens the sockets that the service manager passed, identified by their names, or else those of the
    /// configuration.
    func openDoors() throws(StartFailure) {
        var passed = ServiceNotifier.passedListeners()
        let isActivated = !passed.isEmpty
        let frames = passed.removeValue(forKey: "api") ?? passed.removeValue(forKey: "unknown") ?? []
        let http = passed.removeValue(forKey: "http") ?? []
        if let name = passed.keys.min() {
            throw StartFailure(
                message: "a socket is passed as \(name): FileDescriptorName= must be api or http", exitCode: EX_CONFIG)
        }
        // With socket activation, only passed sockets are served. HTTP is opened first, so that all doors are open once the
        // native socket exists.
        if !isActivated || !http.isEmpty, let path = configuration.http.path(beside: configuration.socketPath) {
            try openHTTP(path, http)
        }
        if !isActivated || !frames.isEmpty {
            door.open(try DoorSocket(configuration.socketPath, namedBy: "--socket", passed: frames, log))
        }
    }

    private func openHTTP(_ path: String, _ passed: [Listener]) throws(StartFailure) {
        do throws(StartFailure) {
            httpDoor.open(try DoorSocket(path, namedBy: "http.socket", passed: passed, log))
        } catch {
            // A failure to bind the default socket does not stop the daemon.
            guard configuration.http.socket == .beside else { throw error }
            log.warning("programs are not served over HTTP: \(error.message)")
        }
    }
}
