import Foundation
import ScriptedProvider
import Testing

/// Fills a small tmpfs, which only root can mount.
@Suite("Ledger: a full disk", .enabled(if: getuid() == 0, "a disk of one's own needs root"))
struct FullDiskTests {
    private static func run(_ program: String, _ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test("no request fails, the state is reported once, and no row is missing after there is room again")
    func full() throws {
        let folder = try TemporaryFolder("ultra-full")
        guard try Self.run("/bin/mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", folder.path]) == 0 else {
            return print("skipped: no tmpfs can be mounted here")
        }
        defer { _ = try? Self.run("/bin/umount", ["-l", folder.path]) }
        let daemon = try DaemonProcess(["STATE_DIRECTORY": folder.path, "USE_MOCK": "true"])
        let client = try daemon.client()
        func ask(_ count: Int) throws {
            for id in 1...count { client.send(#"{"id":\#(id),"op":"generate","model":"mock/echo","prompt":"a"}"#) }
            for _ in 1...count { #expect(try client.next()?.event == "result") }
        }
        func state() throws -> String? { try UsageOperationTests.ledger(client)["state"] as? String }
        try ask(10)
        #expect(try UsageOperationTests.rows(client).first?["requests"] as? Int == 10)

        let filler = "\(folder.path)/filler"
        try Data().write(to: URL(filePath: filler))
        let file = try FileHandle(forWritingTo: URL(filePath: filler))
        while (try? file.write(contentsOf: Data(repeating: 1, count: 4096))) != nil {}
        try file.close()
        // SQLite's journal may have room for a few more rows.
        var sent = 10
        let deadline = ContinuousClock.now + .seconds(20)
        while try state() != "failing", ContinuousClock.now < deadline {
            try ask(300)
            sent += 300
        }
        #expect(try state() == "failing")
        try ask(100)
        sent += 100

        try FileManager.default.removeItem(atPath: filler)
        while try state() != "recording", ContinuousClock.now < deadline { usleep(20_000) }
        let ledger = try UsageOperationTests.ledger(client)
        #expect(ledger["state"] as? String == "recording" && ledger["lost"] as? Int == 0)
        #expect(try UsageOperationTests.rows(client).first?["requests"] as? Int == sent)
        let said = daemon.logText.split(separator: "\n")
        let warnings = said.filter { $0.contains("the ledger is not written") }
        #expect(warnings.count == 1 && warnings[0].contains("make room"), "\(daemon.logText)")
        let recoveries = said.filter { $0.contains("is written again") }
        #expect(recoveries.count == 1)
    }
}
