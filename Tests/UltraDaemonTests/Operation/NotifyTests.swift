import Foundation
import ScriptedProvider
import Testing

@Suite("Notifications to the service manager")
struct NotifyTests {
    @Test("READY once the socket accepts; RELOADING and READY around every reload, whatever its cause and result")
    func reload() throws {
        let manager = try NotifySocket()
        let folder = try TemporaryFolder("ultra-notify")
        try folder.write("ultrad.toml", "")
        let daemon = try DaemonProcess(
            ["NOTIFY_SOCKET": manager.path, "USE_MOCK": "true", "AUTO_REGISTER_PROVIDERS": "false"],
            arguments: ["--config", "\(folder.path)/ultrad.toml"])
        #expect(manager.next() == ["READY=1", "STATUS=2 of 2 models up"])
        let client = try daemon.client()

        func expectReload(_ status: String, _ reload: () throws -> Void) throws {
            var before = timespec()
            clock_gettime(CLOCK_MONOTONIC, &before)
            try reload()
            let begins = try #require(manager.next())
            #expect(begins.first == "RELOADING=1")
            let stamp = begins.last.flatMap { Int($0.dropFirst("MONOTONIC_USEC=".count)) } ?? 0
            let least = before.tv_sec * 1_000_000 + before.tv_nsec / 1000
            #expect((least..<least + 60_000_000).contains(stamp))
            let ends = try #require(manager.next())
            #expect(ends.first == "READY=1")
            #expect(ends.last?.hasPrefix("STATUS=\(status)") == true, "\(ends)")
        }
        try expectReload("2 of 2 models up") { _ = try client.ask(#"{"id":1,"op":"reload"}"#) }
        try expectReload("2 of 2 models up") { daemon.signal(SIGHUP) }
        try folder.write("ultrad.toml", "[limit]\n")
        try expectReload("a reload was refused: \(folder.path)/ultrad.toml:1: limit is not a configuration key") {
            daemon.signal(SIGHUP)
        }
        #expect(
            daemon.logText.contains(
                "<3>the configuration was refused: \(folder.path)/ultrad.toml:1: limit is not a configuration key"))
        try folder.write("ultrad.toml", "")
        try expectReload("2 of 2 models up") { daemon.signal(SIGHUP) }
        #expect(try client.ask(#"{"id":1,"op":"ping"}"#).event == "result")
    }

    private static let activator = "/usr/bin/systemd-socket-activate"

    @Test(
        "a passed socket is used, survives the daemon, and identifies its clients",
        .enabled(if: access(activator, X_OK) == 0, "needs systemd-socket-activate"))
    func activation() throws {
        let manager = try NotifySocket()
        let folder = try TemporaryFolder("ultra-activated")
        let path = "\(folder.path)/socket"
        let process = Process()
        process.executableURL = URL(filePath: Self.activator)
        let environment = [
            "NOTIFY_SOCKET=\(manager.path)", "STATE_DIRECTORY=\(folder.path)", "AUTO_REGISTER_PROVIDERS=false",
        ]
        process.arguments =
            ["-l", path] + environment.flatMap { ["-E", $0] } + [DaemonProcess.binary("ultrad").path()]
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer { kill(process.processIdentifier, SIGKILL) }
        var client: Client?
        for _ in 0..<5000 where client == nil {
            client = try? Client(path)
            usleep(2000)  // the activator does not announce that it listens
        }
        let first = try #require(client)
        #expect(try first.ask(#"{"id":1,"op":"ping"}"#).event == "result")
        try manager.next("READY=1")
        let status = try first.ask(#"{"id":1,"op":"status"}"#)
        let users = (status["connections"] as? [String: Any])?["by_uid"] as? [String: Int]
        #expect(users?["\(geteuid())"] ?? 0 >= 1)
        // The variables of socket activation were removed after the start; a reload does not need them.
        #expect(try first.ask(#"{"id":1,"op":"reload"}"#)["warnings"] as? [String] == [])
        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test("a stop reports the remaining requests and extends its time while, and only while, streams make progress")
    func drain() throws {
        let manager = try NotifySocket()
        let (gate, last) = (Gate(), Gate())
        let provider = try ScriptedProvider.openAI(
            .stream([
                .event(RelayTests.chunk("a")), .wait(gate), .event(RelayTests.chunk("b")), .wait(last),
                .event(RelayTests.finish), .event("[DONE]"),
            ]))
        let daemon = try DaemonProcess(openai: provider, ["NOTIFY_SOCKET": manager.path])
        try manager.next("READY=1")
        let client = try daemon.client()
        client.send(#"{"id":1,"op":"stream",\#(Scenario.fields(Scenario.gpt))}"#)
        #expect(try client.next()?.event == "start")
        #expect(try client.next()?.text == "a")
        daemon.signal(SIGTERM)
        let (stopping, _) = try manager.next("STOPPING=1")
        #expect(stopping.last == "STATUS=finishing 1 request")
        gate.open()
        try manager.next("EXTEND_TIMEOUT_USEC=5000000")
        // The daemon saw STOPPING and the first piece in one check; there is no more progress to report.
        #expect(manager.next(milliseconds: 1500) == nil)
        last.open()
        #expect(try client.frames(1).last?.event == "done")
        #expect(daemon.exitCode() == 0)
    }

    @Test("the watchdog is fed while the loop turns, not while it is blocked; a blockage is logged")
    func watchdog() throws {
        let manager = try NotifySocket()
        let daemon = try DaemonProcess([
            "NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000", "ULTRA_TEST_BLOCK_LOOP": "1",
            // The toolchain's backtracer would keep a process that SIGABRT should end.
            "SWIFT_BACKTRACE": "enable=no",
        ])
        for _ in 0..<3 { try manager.next("WATCHDOG=1") }
        daemon.signal(SIGSTOP)
        usleep(600_000)  // the test blocks the loop
        daemon.signal(SIGCONT)
        try manager.next("WATCHDOG=1")
        try manager.next("WATCHDOG=1")
        let line = daemon.logText.split(separator: "\n").first { $0.contains("the loop stood still") }
        let microseconds = line?.split(separator: "=").last.flatMap { Int($0) } ?? 0
        #expect(line?.hasPrefix("<3>") == true && (100_000..<10_000_000).contains(microseconds), "\(daemon.logText)")

        // Only debug builds have the hook that blocks the loop.
        #if DEBUG
        daemon.signal(SIGUSR2)
        while let message = manager.next(milliseconds: 1000) { #expect(message == ["WATCHDOG=1"]) }
        #expect(daemon.process.isRunning)
        defer { daemon.signal(SIGKILL) }
        // The service manager ends a hung service with SIGABRT.
        daemon.signal(SIGABRT)
        #expect(daemon.exitCode() == SIGABRT)
        #endif
    }
}
