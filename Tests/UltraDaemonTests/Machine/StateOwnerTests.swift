import Foundation
import ScriptedProvider
import Testing

@Suite("ultrad: the state directory and the socket belong to one daemon")
struct StateOwnerTests {
    /// Runs a second `ultrad` on the state directory of `daemon` to its end.
    private static func second(_ daemon: DaemonProcess) throws -> (code: Int32, errors: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = DaemonProcess.binary("ultrad")
        process.arguments = ["--socket", daemon.folder.appending(path: "second.sock").path()]
        process.environment = ["USE_MOCK": "true", "STATE_DIRECTORY": daemon.folder.path()]
        process.standardError = pipe
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @Test("a second daemon names the first and its process, and exits as with a bad configuration")
    func second() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        let (code, errors) = try Self.second(daemon)
        #expect(code == 78)
        #expect(errors.contains("(pid \(daemon.process.processIdentifier))") && errors.contains(daemon.folder.path()))
        #expect(errors.contains("--no-state"))
        #expect(try daemon.client().ask(#"{"id":1,"op":"ping"}"#).event == "result")
    }

    @Test("a second daemon runs with --no-state and keeps nothing; after kill -9 the next one gets the directory")
    func withoutState() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        let beside = try DaemonProcess(
            ["USE_MOCK": "true", "STATE_DIRECTORY": daemon.folder.path()], arguments: ["--no-state"])
        let ledger = try beside.client().ask(#"{"id":1,"op":"status"}"#)["ledger"] as? [String: Any]
        #expect(ledger?["state"] as? String == "off" && ledger?["path"] is NSNull)
        daemon.signal(SIGKILL)
        _ = daemon.exitCode()
        let next = try DaemonProcess(["USE_MOCK": "true", "STATE_DIRECTORY": daemon.folder.path()])
        #expect(try next.client().ask(#"{"id":1,"op":"ping"}"#).event == "result")
    }

    private static func ask(_ client: Client, _ count: Int) throws {
        for _ in 0..<count {
            let answer = try client.ask(#"{"id":1,"op":"generate","model":"mock/echo","prompt":"a"}"#)
            #expect(answer.event == "result")
        }
    }

    private static func recorded(_ client: Client) throws -> Int {
        try UsageOperationTests.rows(client).first?["requests"] as? Int ?? 0
    }

    /// Waits for a line of the log with all of `words`, as long as the daemon promises.
    private static func block(_ daemon: DaemonProcess, _ words: String...) -> Bool {
        let deadline = Date(timeIntervalSinceNow: 12)
        while Date() < deadline {
            let found = daemon.logText.split(separator: "\n").contains { line in words.allSatisfy(line.contains) }
            if found { return true }
            usleep(50_000)  // the log is a file without notifications
        }
        return false
    }

    @Test("a directory removed at run time is created and claimed again within 10 s, and this is reported once")
    func removed() throws {
        let state = try TemporaryFolder("ultra-state")
        let folder = "\(state.path)/deep"
        let environment = ["USE_MOCK": "true", "STATE_DIRECTORY": folder]
        let daemon = try DaemonProcess(environment)
        let client = try daemon.client()
        try Self.ask(client, 2)
        #expect(try Self.recorded(client) == 2)
        try FileManager.default.removeItem(atPath: folder)
        // The removed file's rows are lost; later rows are kept.
        try Self.ask(client, 3)
        #expect(try Self.recorded(client) == 3)
        #expect(Self.block(daemon, "state directory", "anew"))
        #expect(FileManager.default.fileExists(atPath: "\(folder)/lock"))
        #expect(daemon.logText.components(separatedBy: "anew").count == 2)
        #expect(!daemon.logText.contains("a new one begins"))
        try Self.ask(client, 1)
        #expect(try Self.recorded(client) == 4)
        daemon.signal(SIGTERM)
        #expect(daemon.exitCode() == 0)
        let next = try DaemonProcess(environment)
        #expect(try Self.recorded(try next.client()) == 4)
    }

    @Test("a ledger removed at run time is created again, and this is reported")
    func ledgerRemoved() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        let client = try daemon.client()
        try Self.ask(client, 1)
        #expect(try Self.recorded(client) == 1)
        for suffix in ["", "-wal", "-shm"] { unlink("\(daemon.folder.path())/ledger.sqlite\(suffix)") }
        try Self.ask(client, 2)
        #expect(try Self.recorded(client) == 2)
        #expect(Self.block(daemon, "ledger's file was removed"))
        #expect(FileManager.default.fileExists(atPath: "\(daemon.folder.path())/ledger.sqlite"))
    }

    @Test("a socket whose file was removed is bound again; open connections stay")
    func socketRemoved() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        let early = try daemon.client()
        unlink(daemon.socketPath)
        #expect(Self.block(daemon, "bound again"))
        try Self.ask(try daemon.client(), 1)
        try Self.ask(early, 1)
    }

    @Test("a stopping daemon removes its own socket, but not the one that replaced it")
    func foreignSocket() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        unlink(daemon.socketPath)
        let state = try TemporaryFolder("ultra-state")
        // A second daemon's socket at the same path.
        let other = Process()
        other.executableURL = DaemonProcess.binary("ultrad")
        other.arguments = ["--socket", daemon.socketPath]
        other.environment = ["USE_MOCK": "true", "STATE_DIRECTORY": state.path]
        other.standardError = FileHandle.nullDevice
        try other.run()
        defer {
            other.terminate()
            other.waitUntilExit()
        }
        while other.isRunning, (try? Client(daemon.socketPath)) == nil { usleep(2000) }
        daemon.signal(SIGTERM)
        #expect(daemon.exitCode() == 0)
        #expect(try Client(daemon.socketPath).ask(#"{"id":1,"op":"ping"}"#).event == "result")
    }
}
