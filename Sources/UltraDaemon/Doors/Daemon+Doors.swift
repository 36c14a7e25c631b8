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
        // An administrator who enabled one socket unit alone wants no other door. HTTP comes first, so that all doors are
        // open when the daemon's own socket is there.
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
            // Nobody asked for the one beside the daemon's own.
            guard configuration.http.socket == .beside else { throw error }
            log.warning("programs are not served over HTTP: \(error.message)")
        }
    }
}
