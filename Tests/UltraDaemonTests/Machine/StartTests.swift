import Foundation
import ScriptedProvider
import Testing

@Suite("ultrad: start of the process")
struct StartTests {
    /// A shell that runs `first` and then becomes the daemon.
    private static func shell(_ first: String) -> [String] {
        ["/bin/sh", "-c", "\(first) exec \"$0\" \"$@\""]
    }

    /// Runs `ultrad` to its end.
    private static func run(_ launcher: [String], _ arguments: [String]) throws -> (code: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        let command = launcher + [DaemonProcess.binary("ultrad").path()] + arguments
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = ["PATH": "/usr/bin:/bin"]
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @Test("closed standard descriptors become /dev/null: no log line reaches a client or a state file")
    func closedDescriptors() throws {
        let daemon = try DaemonProcess(
            ["USE_MOCK": "true", "LOG_LEVEL": "trace"], launcher: Self.shell("exec <&- >&- 2>&-;"))
        for number in 0...2 {
            let path = "/proc/\(daemon.process.processIdentifier)/fd/\(number)"
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
            #expect(target == "/dev/null", "\(number)")
        }
        for _ in 0..<4 {
            let client = try daemon.client()
            let answer = try client.ask(#"{"id":1,"op":"generate","model":"mock/echo","prompt":"a"}"#)
            #expect(answer.event == "result")
        }
    }

    @Test("other processes of the daemon's user cannot read its environment, which holds keys")
    func hiddenMemory() throws {
        guard LocalUser.canBeOthers else { return }
        let launcher = [
            "/usr/bin/setpriv", "--reuid=1234", "--regid=1234", "--clear-groups",
        ]
        let folder = try TemporaryFolder("ultra-hidden")
        chmod(folder.path, 0o777)
        let process = Process()
        let binary = DaemonProcess.binary("ultrad").path()
        process.executableURL = URL(filePath: launcher[0])
        process.arguments = Array(launcher.dropFirst()) + [binary, "--no-state", "--socket", "\(folder.path)/s"]
        process.environment = ["USE_MOCK": "true", "HOME": folder.path]
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        while process.isRunning, (try? Client("\(folder.path)/s")) == nil { usleep(2000) }
        try #require(process.isRunning)
        // A process that is not dumpable has files of root in /proc, see proc(5).
        var status = stat()
        #expect(stat("/proc/\(process.processIdentifier)/environ", &status) == 0 && status.st_uid == 0)
        let client = try Client("\(folder.path)/s")
        let answer = try client.ask(#"{"id":1,"op":"status"}"#)
        #expect(answer["rss_bytes"] as? Int ?? 0 > 0, "the daemon's own figures are still to be had")
    }

    @Test("arguments are read without /proc")
    func withoutProc() throws {
        let hidden = [
            "/usr/bin/unshare", "--mount", "/bin/sh", "-c", "mount -t tmpfs none /proc && exec \"$0\" \"$@\"",
        ]
        let probe = try Self.run(Array(hidden.dropLast()) + ["mount -t tmpfs none /proc; :"], [])
        guard LocalUser.canBeOthers, probe.code == 0 else {
            return print("not root, or no mount namespaces: nothing is said of a system without /proc")
        }
        let (code, output) = try Self.run(hidden, ["--version"])
        #expect(code == 0 && output.hasPrefix("ultrad "))
    }

    @Test("wrong usage exits with 2, unwritable output with 1 and a message")
    func exitCodes() throws {
        #expect(try Self.run([], ["--no-such-option"]).code == 2)
        let version = try Self.run([], ["--version"])
        #expect(version.code == 0 && version.output.hasPrefix("ultrad "))
        for stream in [">&-", ">/dev/full"] {
            for option in ["--version", "--help"] {
                let (code, output) = try Self.run(["/bin/sh", "-c", "exec \"$0\" \"$@\" \(stream)"], [option])
                #expect(code == 1 && output.contains("standard output"), "\(option) \(stream)")
            }
        }
    }
}
