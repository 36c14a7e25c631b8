import Foundation
import Logging
import ScriptedProvider
import UltraSystem

@testable import UltraDaemon

/// A daemon on the loop of the test process, for settings that the environment does not have. It ends with that
/// process.
final class DaemonInProcess: Sendable {
    let socketPath: String
    /// Retains the daemons until the process ends, since their connections do not.
    @Loop private static var all: [Daemon] = []

    /// Starts a daemon with `provider` as its OpenAI. Failures of the provider have no consequences: nothing is
    /// retried, and no circuit breaker opens.
    init(forgiving provider: ScriptedProvider) async throws {
        let path = NSTemporaryDirectory() + "ultra-\(UUID().uuidString.prefix(8)).sock"
        let environment = ["OPENAI_API_KEY": "sk-test", "OPENAI_API_ENDPOINT": provider.url + "/v1"]
        let options = ConfigurationOptions(socket: path, version: "0")
        var configuration = try Configuration.load(options, environment: environment)
        configuration.http.socket = .none
        configuration.retry.perCandidate = 0
        configuration.health.breakerFailures = .max
        configuration.health.breakerCalls = .max
        configuration.stateDirectory = nil
        let started = await LoopThread.run { [configuration] () -> Result<Void, any Error> in
            Result {
                let log = Logger(label: "ultrad") { _ in SwiftLogNoOpLogHandler() }
                let daemon = try Daemon(configuration, version: "0", log: log)
                try daemon.start()
                Self.all.append(daemon)
            }
        }
        try started.get()
        socketPath = path
    }

    /// Open connections stay open; new ones are no longer possible.
    deinit { unlink(socketPath) }

    func client() throws -> Client { try Client(socketPath) }
}
