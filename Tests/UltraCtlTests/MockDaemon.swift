import Foundation
import libultra

/// The built `ultrad` with nothing but its mock, on a socket of its own. Ended with the object that started it.
final class MockDaemon {
    let path: String
    private let folder: TemporaryFolder
    private var process = Process()

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/ultrad.sock"
        try start()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// Starts it, without waiting for its socket.
    func start() throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: Command.products + "/ultrad")
        process.arguments = ["--socket", path]
        process.environment = [
            "USE_MOCK": "true", "AUTO_REGISTER_PROVIDERS": "false", "STATE_DIRECTORY": folder.path,
            "LOG_LEVEL": "error",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// Tells it to stop.
    func signal(_ number: Int32 = SIGTERM) {
        kill(process.processIdentifier, number)
    }

    /// Waits for its end, and returns the exit status.
    func exitStatus() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// A connection, which the caller frees; waits for the socket as long as the daemon runs.
    func connect() throws -> OpaquePointer {
        var connection: OpaquePointer?
        while process.isRunning {
            let result = ultra_connect(path, 5000, &connection)
            if let connection { return connection }
            guard result == -ENOENT || result == -ECONNREFUSED else { break }
            usleep(2000)  // There is no event to wait for before there is a socket.
        }
        throw POSIXError(.ECONNREFUSED)
    }
}
