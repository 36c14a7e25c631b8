import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct NoDaemonTests {
    static let start = "hint: start it with: systemctl start ultrad.socket (for all users) or ultrad (your own)\n"

    @Test("a missing socket exits 3 with the command that starts the daemon")
    func missing() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ultrad.sock"
        let command = try Command.ultractl("status", socket: path)
        let error = "error: ultrad is not running: there is no socket at \(path)\n" + Self.start
        #expect(command == Command(output: "", error: error, status: 3))
    }

    @Test("a socket left by an earlier daemon exits 3 with its own message")
    func stale() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ultrad.sock"
        close(try listeningSocket(path))
        let command = try Command.ultractl("status", socket: path)
        let error =
            "error: ultrad is not running: no process listens on \(path), a socket left by an earlier daemon\n"
            + Self.start
        #expect(command == Command(output: "", error: error, status: 3))
    }

    @Test("a file that is not a socket exits 3 with its own message")
    func noSocket() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("ultrad.sock", [])
        let command = try Command.ultractl("status", socket: path)
        let error =
            "error: \(path) is not a socket\nhint: give the daemon's socket with --socket or ULTRAD_SOCKET\n"
        #expect(command == Command(output: "", error: error, status: 3))
    }

    // Only root can switch to a user without access; setpriv is part of util-linux.
    @Test(
        "a socket of another group exits 3 and names the group",
        .enabled(if: getuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0, "needs root and setpriv"))
    func permission() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ultrad.sock"
        let listener = try listeningSocket(path)
        defer { close(listener) }
        chmod(path, 0o660)
        // A copy, because the other user may have no access to the build folder. Made by another process: a child that
        // a parallel test forks would inherit a descriptor open for writing, and the copy could not be executed (ETXTBSY).
        let program = folder.path + "/ultractl"
        #expect(try Command.run("/bin/cp", [Command.ultractl, program]).status == 0)
        let command = try Command.run(
            "/usr/bin/setpriv", ["--reuid=65534", "--clear-groups", "--regid=65534", program, "status"],
            environment: ["ULTRAD_SOCKET": path, "LD_LIBRARY_PATH": Self.runtimePath])
        let error =
            "error: permission denied: you have no access to \(path)\n"
            + "hint: join the group root, then log in again: sudo usermod -aG root $USER\n"
        #expect(command == Command(output: "", error: error, status: 3))
    }

    /// The folder of the Swift runtime of this process.
    private static var runtimePath: String {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        let library = maps.split(separator: "\n").first { $0.hasSuffix("/libswiftCore.so") }
        return library.flatMap { $0.split(separator: " ").last }
            .map { URL(fileURLWithPath: String($0)).deletingLastPathComponent().path } ?? ""
    }

    @Test("uses the socket in XDG_RUNTIME_DIR if it exists, else the system's", arguments: [true, false])
    func discovery(exists: Bool) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/ultrad/ultrad.sock"
        try FileManager.default.createDirectory(
            atPath: folder.path + "/ultrad", withIntermediateDirectories: false)
        if exists { close(try listeningSocket(path)) }
        let command = try Command.run(
            Command.ultractl, ["status"], environment: ["XDG_RUNTIME_DIR": folder.path, "ULTRAD_SOCKET": ""])
        #expect(command.error.contains(exists ? path : "/run/ultrad/ultrad.sock"))
        #expect(command.status == 3)
    }

    @Test("--socket overrides ULTRAD_SOCKET")
    func option() throws {
        let daemon = try ScriptedDaemon([.receive, .send(#"{"id":ID,"event":"result"}"#)])
        let command = try Command.ultractl("call", "ping", "--socket", daemon.path, socket: "/nowhere")
        #expect(command.status == 0)
    }

    static let losses: [([ScriptedDaemon.Step], String)] = [
        ([.receive, .close], "the daemon closed the connection"),
        (
            [.receive, .sendBytes(Array(frame(#"{"id":1,"event":"result"}"#).dropLast())), .close],
            "the daemon closed the connection in the middle of a frame"
        ),
        ([.receive, .sendBytes([0x47, 0x45, 0x54, 0x20])], "the peer does not speak the Ultra protocol"),
        ([.receive, .sendBytes([0, 0, 0, 1])], "the peer does not speak the Ultra protocol"),
        ([.receive, .send("[]")], "the peer does not speak the Ultra protocol"),
    ]

    @Test("a connection lost before the answer exits 1 with the reason", arguments: losses)
    func lost(_ steps: [ScriptedDaemon.Step], _ message: String) throws {
        let daemon = try ScriptedDaemon(steps)
        let command = try Command.ultractl("status", socket: daemon.path)
        #expect(command == Command(output: "", error: "error: \(message)\n", status: 1))
    }

    @Test("a daemon that stays silent exits 1 after --timeout")
    func silent() throws {
        let daemon = try ScriptedDaemon([.receive])
        let command = try Command.ultractl("status", "--timeout", "0.2", socket: daemon.path)
        #expect(command == Command(output: "", error: "error: no answer within 200 ms\n", status: 1))
    }

    @Test("an answer that arrives byte by byte is complete")
    func dribble() throws {
        let daemon = try ScriptedDaemon([.receive, .dribble(#"{"id":ID,"event":"result"}"#)])
        let command = try Command.ultractl("call", "ping", socket: daemon.path)
        #expect(command == Command(output: "{\"id\":1,\"event\":\"result\"}\n", error: "", status: 0))
    }
}
