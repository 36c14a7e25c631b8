import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: the cache and its users")
struct CacheUserScenarios {
    /// Sends a request as another user; the returned function waits for the last frame.
    static func begin(
        _ op: String, _ fields: String, as uid: UInt32, of daemon: DaemonProcess
    ) throws -> () throws -> [String: Any] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        process.arguments = [
            "--reuid", "\(uid)", "--regid", "\(uid)", "--clear-groups", DaemonProcess.binary("ultractl").path(),
            "call", "--socket", daemon.socketPath, op, "{\(fields)}",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        return {
            let bytes = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            let last = bytes.split(separator: UInt8(ascii: "\n")).last ?? Data()
            return try JSONSerialization.jsonObject(with: last) as? [String: Any] ?? [:]
        }
    }

    static func ask(_ op: String, _ fields: String, as uid: UInt32, of daemon: DaemonProcess) throws -> [String: Any] {
        try begin(op, fields, as: uid, of: daemon)()
    }

    static let canChangeUser = geteuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0

    /// Gives every user access to the daemon's socket.
    static func open(_ daemon: DaemonProcess) {
        chmod(daemon.folder.path(), 0o755)
        chmod(daemon.socketPath, 0o777)
    }

    @Test(
        "two users never see each other's answers, and only administrators clear them",
        .enabled(if: canChangeUser, "needs root and setpriv: not tested here"))
    func separate() throws {
        let openai = try ScriptedProvider.openAI()
        let scenario = try CacheScenarios.scenario(["openai": openai])
        Self.open(scenario.daemon)
        let fields = Scenario.fields(Scenario.gpt)
        #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "miss")
        for uid in [UInt32(65_534), 12_345] {
            let states = try (0..<2).map { _ in
                try Self.ask("generate", fields, as: uid, of: scenario.daemon)["cache"] as? String
            }
            #expect(states == ["miss", "hit"], "\(uid)")
        }
        #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "hit")
        #expect(openai.calls.count == 3)
        let refused = try Self.ask("cache_clear", "", as: 12_345, of: scenario.daemon)
        #expect((refused["error"] as? [String: Any])?["code"] as? String == "permission_denied")
        #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "hit")
    }

    @Test(
        "equal requests of two users in flight are two",
        .enabled(if: canChangeUser, "needs root and setpriv: not tested here"))
    func flights() throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI(ScriptedProvider.whole.with { $0.body.insert(.wait(gate), at: 0) })
        let scenario = try CacheScenarios.scenario(["openai": openai])
        Self.open(scenario.daemon)
        let own = scenario.send("generate", Scenario.fields(Scenario.gpt))
        try openai.blockForCalls(1)
        let other = try Self.begin("generate", Scenario.fields(Scenario.gpt), as: 12_345, of: scenario.daemon)
        try openai.blockForCalls(2)
        gate.open()
        #expect(try other()["cache"] as? String == "miss")
        #expect(try scenario.client.frames(own).last?["cache"] as? String == "miss")
    }

    @Test(
        "a shared cache is one for all users",
        .enabled(if: canChangeUser, "needs root and setpriv: not tested here"))
    func shared() throws {
        let openai = try ScriptedProvider.openAI()
        let scenario = try CacheScenarios.scenario(["openai": openai], toml: "shared = true")
        Self.open(scenario.daemon)
        #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "miss")
        let other = try Self.ask("generate", Scenario.fields(Scenario.gpt), as: 12_345, of: scenario.daemon)
        #expect(other["cache"] as? String == "hit")
        #expect(openai.calls.count == 1)
    }
}
