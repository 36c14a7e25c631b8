import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TerminalTests {
    /// Runs `ultractl` with both outputs on a terminal and returns what arrives there; newlines come as CR LF.
    private func screen(
        _ arguments: [String], daemon: ScriptedDaemon, environment: [String: String] = [:]
    ) throws -> String {
        // ioctl_tty(2): the Glibc module has neither posix_openpt(3) nor these numbers.
        let (unlock, number) = (UInt(0x4004_5431), UInt(0x8004_5430))
        let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        defer { close(terminal) }
        var off: Int32 = 0
        var index: Int32 = 0
        guard ioctl(terminal, unlock, &off) == 0, ioctl(terminal, number, &index) == 0 else {
            throw POSIXError(.ENOTTY)
        }
        let side = open("/dev/pts/\(index)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        let handle = FileHandle(fileDescriptor: side, closeOnDealloc: true)
        let command = try Command.run(
            Command.ultractl, arguments,
            environment: environment.merging(["ULTRAD_SOCKET": daemon.path, "TERM": "xterm"]) { $1 }, terminal: handle)
        #expect(command.status == 0)
        var bytes = [UInt8](repeating: 0, count: 4096)
        return String(decoding: bytes[..<max(0, read(terminal, &bytes, bytes.count))], as: UTF8.self)
    }

    @Test("a terminal gets a last newline and no control characters of the answer")
    func answer() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"delta","text":"a\u001b[2J\u009bb\n\tc"}"#), .send(GenerateTests.done),
        ])
        #expect(try screen(["generate", "x"], daemon: daemon) == "a\u{FFFD}[2J\u{FFFD}b\r\n\tc\r\n")
        #expect(daemon.requests() == [#"{"id":1,"op":"stream","prompt":"x","progress":true}"#])
    }

    @Test("an answer that ends in a newline gets no other")
    func newline() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"delta","text":"a\n"}"#), .send(GenerateTests.done),
        ])
        #expect(try screen(["generate", "x"], daemon: daemon) == "a\r\n")
    }

    @Test(
        "colours are for terminals, unless NO_COLOR is set or the terminal has none",
        arguments: [
            ([:], true), (["NO_COLOR": "1"], false), (["NO_COLOR": ""], true),
        ])
    func colour(_ environment: [String: String], _ isColoured: Bool) throws {
        let daemon = try ScriptedDaemon([.receive, .send(#"{"id":ID,"event":"result","state":"running"}"#)])
        let text = try screen(["status"], daemon: daemon, environment: environment)
        #expect(text.contains("\u{1B}[32mrunning\u{1B}[0m") == isColoured)
        #expect(text.contains("\u{1B}") == isColoured)
    }
}
