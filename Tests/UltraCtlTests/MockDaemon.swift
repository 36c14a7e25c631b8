import Foundation
import libultra

/// The built `ultrad` with only its mock, on a socket of its own. It ends with the object that started it.
final class MockDaemon {
    let path: String
    private let folder: TemporaryFolder
    private let variables: [String: String]
    private var process = Process()

    /// - Parameter variables: added to the environment; by default, providers without a key are hidden.
    init(_ variables: [String: String] = ["AUTO_REGISTER_PROVIDERS": "false"]) throws {
        self.variables = variables
        folder = try TemporaryFolder()
        path = folder.path + "/ultrad.sock"
        try start()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// Starts the daemon without waiting for its socket.
    func start() throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: Command.products + "/ultrad")
        process.arguments = ["--socket", path]
        process.environment = ["USE_MOCK": "true", "STATE_DIRECTORY": folder.path, "LOG_LEVEL": "error"]
            .merging(variables) { $1 }
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// Sends a signal, by default the one that stops it.
    func signal(_ number: Int32 = SIGTERM) {
        kill(process.processIdentifier, number)
    }

    /// Waits until the daemon ends, and returns its exit status.
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

    /// Waits until it accepts connections.
    func waitUntilReady() throws { ultra_connection_free(try connect()) }
}
