import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct InterruptTests {
    @Test("SIGINT cancels the request and exits 130 without a message")
    func interrupt() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"delta","text":"begun"}"#), .signal(SIGINT), .receive,
            .send(#"{"id":2,"event":"result","cancelled":true}"#),
            .send(#"{"id":ID,"event":"error","error":{"code":"cancelled","message":"Cancelled."}}"#),
        ])
        let command = try Command.ultractl("generate", "x", socket: daemon.path)
        #expect(command.error == "")
        #expect(command.status == 130)
        #expect("begun".hasPrefix(command.output))
        #expect(
            daemon.requests() == [
                #"{"id":1,"op":"stream","prompt":"x"}"#, #"{"id":2,"op":"cancel","target":1}"#,
            ])
    }

    @Test("a second SIGINT does not wait for the daemon")
    func second() throws {
        let daemon = try ScriptedDaemon([.receive, .signal(SIGINT), .receive, .signal(SIGINT)])
        let command = try Command.ultractl("generate", "x", socket: daemon.path)
        #expect(command == Command(output: "", error: "", status: 130))
        // Less than the wait for the terminal event of a cancelled request.
        #expect(daemon.clientStayed() < .milliseconds(1500))
    }

    @Test("a reader that closes the pipe ends the command without a message")
    func closedOutput() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"delta","text":"begun"}"#), .send(GenerateTests.done),
        ])
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let command = try Command.run(
            Command.ultractl, ["generate", "--socket", daemon.path, "x"], output: pipe.fileHandleForWriting)
        #expect(command == Command(output: "", error: "", status: 0))
        // The script has ended because the client closed the connection, which cancels the request.
        #expect(daemon.requests().count == 1)
    }
}
