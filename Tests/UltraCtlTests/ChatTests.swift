import Foundation
import Testing
import libultra

@testable import ultractl

@Suite(.timeLimit(.minutes(1)))
struct ChatTests {
    private static let greeting: [ScriptedDaemon.Step] = [
        .receive, .send(#"{"id":ID,"event":"result","models":[],"default":"p/m"}"#),
    ]

    private static func answer(_ pieces: String...) -> [ScriptedDaemon.Step] {
        [.receive] + pieces.map { .send(#"{"id":ID,"event":"delta","text":"\#($0)"}"#) } + [.send(GenerateTests.done)]
    }

    /// The `messages` of a request.
    private static func messages(_ request: String) -> String {
        request.firstMatch(of: /"messages":(\[.*?\])[,}]/).map { String($0.output.1) } ?? request
    }

    private static func talk(
        _ daemon: ScriptedDaemon, _ arguments: String..., state: String? = nil, columns: UInt16 = 80
    ) throws -> TerminalSession {
        let session = try TerminalSession(
            ["chat"] + arguments, socket: daemon.path, columns: columns,
            environment: ["NO_COLOR": "1"].merging(state.map { ["XDG_STATE_HOME": $0] } ?? [:]) { $1 })
        session.wait(for: "Ctrl-D ends\n›")
        return session
    }

    @Test(
        "each request contains the conversation; Ctrl-D ends the chat and restores the terminal",
        arguments: [80, 200] as [UInt16])
    func talk(columns: UInt16) throws {
        let daemon = try ScriptedDaemon(connections: [Self.greeting, Self.answer("Hel", "lo."), Self.answer("Bye.")])
        let session = try Self.talk(daemon, "-s", "Be brief.", columns: columns)
        session.type("hi 猫x\u{7F}\r")
        session.wait(for: "Hello.\n\n›")
        session.type("bye\u{1B}[D\u{1B}[D\u{1B}[D\u{5}!\r")
        session.wait(for: "Bye.\n\n›")
        session.type("\u{4}")
        #expect(session.exitStatus() == 0)
        #expect(session.isRestored)
        let screen = session.wait { !$0.takesPastes }
        #expect(
            screen.text == """
                p/m, the default model · /help lists the commands, Ctrl-D ends
                › hi 猫
                Hello.

                › bye!
                Bye.

                ›
                """)
        #expect(screen.unknown == [])
        #expect(
            daemon.requests().dropFirst().map(Self.messages) == [
                #"[{"role":"system","content":"Be brief."},{"role":"user","content":"hi 猫"}]"#,
                #"[{"role":"system","content":"Be brief."},{"role":"user","content":"hi 猫"},"#
                    + #"{"role":"assistant","content":"Hello."},{"role":"user","content":"bye!"}]"#,
            ])
    }

    @Test("Ctrl-C cancels only the answer, whose received part stays in the conversation")
    func cancel() throws {
        let daemon = try ScriptedDaemon(connections: [
            Self.greeting,
            [
                .receive, .send(#"{"id":ID,"event":"delta","text":"Once upon"}"#), .receive,
                .send(#"{"id":2,"event":"result","cancelled":true}"#),
                .send(#"{"id":ID,"event":"error","error":{"code":"cancelled","message":"Cancelled."}}"#),
            ],
            Self.answer("The end."),
        ])
        let session = try Self.talk(daemon)
        session.type("a tale\r")
        session.wait(for: "Once upon")
        session.type("\u{3}")
        session.wait(for: "(cancelled)\n›")
        session.type("go on\r")
        session.wait(for: "The end.\n\n›")
        session.type("\u{3}")
        session.wait(for: "Ctrl-D or /quit ends the chat")
        session.type("dropped\u{3}/quit\r")
        #expect(session.exitStatus() == 0)
        let requests = daemon.requests()
        try #require(requests.count == 4)
        #expect(requests[2] == #"{"id":2,"op":"cancel","target":1}"#)
        #expect(
            Self.messages(requests[3])
                == #"[{"role":"user","content":"a tale"},{"role":"assistant","content":"Once upon"},"#
                + #"{"role":"user","content":"go on"}]"#)
    }

    @Test("a failure is printed, and its question is removed from the conversation")
    func failure() throws {
        let daemon = try ScriptedDaemon(connections: [
            Self.greeting,
            [
                .receive,
                .send(#"{"id":ID,"event":"error","error":{"code":"timeout","message":"Late.","hint":"Wait."}}"#),
            ],
            Self.answer("Yes."),
        ])
        let session = try Self.talk(daemon)
        session.type("one\r")
        session.wait(for: "error: Late.\nhint: Wait.\n›")
        session.type("/modle x\r")
        session.wait(for: "there is no command /modle; did you mean /model?\n›")
        session.type("/model q/n\r\u{1B}[A\u{1B}[A\u{1B}[A\r")
        session.wait(for: "Yes.\n\n›")
        session.type("\u{4}")
        #expect(session.exitStatus() == 0)
        let last = daemon.requests().last ?? ""
        #expect(last.contains(#""model":"q/n""#))
        #expect(Self.messages(last) == #"[{"role":"user","content":"one"}]"#)
    }

    @Test("a backslash, and a paste, make a message of several lines", arguments: [80, 200] as [UInt16])
    func lines(columns: UInt16) throws {
        let daemon = try ScriptedDaemon(connections: [Self.greeting, Self.answer("1"), Self.answer("2")])
        let session = try Self.talk(daemon, columns: columns)
        session.type("a\\\rb\r")
        session.wait(for: "› a\n· b\n1\n\n›")
        session.type("\u{1B}[200~c\r\nd\u{1B}[201~\r")
        session.wait(for: "› c\n· d\n2\n\n›")
        session.type("/quit\r")
        #expect(session.exitStatus() == 0)
        #expect(Self.messages(daemon.requests().last ?? "").contains(#""content":"c\nd""#))
    }

    @Test("a line of 130 columns is wrapped only at the width of the terminal", arguments: [80, 200] as [UInt16])
    func wide(columns: UInt16) throws {
        let daemon = try ScriptedDaemon(connections: [Self.greeting, Self.answer("Ok.")])
        let session = try Self.talk(daemon, columns: columns)
        let text = String(repeating: "猫", count: 60) + "0123456789"
        // The mark takes two columns.
        let rows = columns == 200 ? ["› \(text)"] : ["› \(text.prefix(39))", String(text.dropFirst(39))]
        session.type(text)
        session.wait(for: rows.joined(separator: "\n"))
        session.type("\r")
        session.wait(for: rows.joined(separator: "\n") + "\nOk.\n\n›")
        session.type("\u{4}")
        #expect(session.exitStatus() == 0)
        #expect(Self.messages(daemon.requests().last ?? "") == #"[{"role":"user","content":"\#(text)"}]"#)
    }

    @Test("a narrower terminal gets narrower rows")
    func resize() throws {
        let daemon = try ScriptedDaemon(connections: [Self.greeting])
        let session = try Self.talk(daemon)
        session.type(String(repeating: "猫", count: 30))
        session.wait(for: String(repeating: "猫", count: 30))
        session.resize(columns: 41, rows: 24)
        let screen = session.wait {
            $0.text.contains(String(repeating: "猫", count: 19) + "\n" + String(repeating: "猫", count: 11))
        }
        #expect(screen.lines.contains { $0 == "› " + String(repeating: "猫", count: 19) })
        #expect(screen.column == 22)
        session.type("\u{3}\u{4}")
        #expect(session.exitStatus() == 0)
    }

    @Test("a signal that ends the chat restores the terminal", arguments: [SIGTERM, SIGHUP, SIGQUIT])
    func signal(_ number: Int32) throws {
        let session = try Self.talk(try ScriptedDaemon(connections: [Self.greeting]))
        kill(session.process, number)
        #expect(session.exitStatus() == -number)
        #expect(session.isRestored)
        #expect(!session.wait { !$0.takesPastes }.takesPastes)
    }

    @Test("lines are saved for the next chat, readable by their owner only, except those that begin with a blank")
    func history() throws {
        let state = try TemporaryFolder()
        let first = try Self.talk(
            try ScriptedDaemon(connections: [Self.greeting, Self.answer("1"), Self.answer("2")]), state: state.path)
        first.type("a\\\rb\r")
        first.wait(for: "1\n\n›")
        first.type(" secret\r")
        first.wait(for: "2\n\n›")
        first.type("\u{4}")
        #expect(first.exitStatus() == 0)
        let path = state.path + "/ultractl/history"
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "a\\nb\n")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let second = try Self.talk(try ScriptedDaemon(connections: [Self.greeting]), state: state.path)
        second.type("\u{10}")
        second.wait(for: "› a\n· b")
        second.type("\u{3}\u{4}")
        #expect(second.exitStatus() == 0)
    }

    @Test("Tab completes commands")
    func tab() throws {
        let session = try Self.talk(try ScriptedDaemon(connections: [Self.greeting]))
        session.type("/s\t")
        session.wait(for: "/system  /save  /stats\n› /s")
        session.type("t\t\r/q\t\r")
        #expect(session.exitStatus() == 0)
    }

    // MARK: - Without a terminal

    @Test("without a terminal, lines are messages, and standard output gets only the answers")
    func pipe() throws {
        let daemon = try ScriptedDaemon(connections: [Self.answer("Hel", "lo."), Self.answer(#"Bye.\n"#)])
        let command = try Command.ultractl("chat", socket: daemon.path, input: "/model a/b\nhi\\\nthere\n\n/clear\nbye")
        #expect(command == Command(output: "Hello.\nBye.\n", error: "", status: 0))
        #expect(
            daemon.requests() == [
                #"{"id":1,"op":"stream","model":"a/b","messages":[{"role":"user","content":"hi\nthere"}]}"#,
                #"{"id":1,"op":"stream","model":"a/b","messages":[{"role":"user","content":"bye"}]}"#,
            ])
    }

    @Test("the daemon accepts the requests of a chat")
    func daemon() throws {
        let daemon = try MockDaemon()
        ultra_connection_free(try daemon.connect())
        let input = "hello 猫\\\nand you\n/system Be kind.\nagain\n"
        let command = try Command.ultractl("chat", "-m", "mock/echo", socket: daemon.path, input: input)
        #expect(command == Command(output: "hello 猫\nand you\nagain\n", error: "", status: 0))
        let session = try TerminalSession(["chat", "-m", "mock/echo"], socket: daemon.path)
        session.wait(for: "›")
        session.type("hello\r")
        session.wait(for: "hello\nhello\n")
        session.type("/quit\r")
        #expect(session.exitStatus() == 0)
    }

    @Test("without a terminal, the first failure ends the chat")
    func pipeFailure() throws {
        let error = #"{"id":1,"event":"error","error":{"code":"timeout","message":"Late."}}"#
        let daemon = try ScriptedDaemon(connections: [[.receive, .send(error)]])
        let command = try Command.ultractl("chat", "--json", socket: daemon.path, input: "one\ntwo\n")
        #expect(command == Command(output: error + "\n", error: "error: Late.\n", status: 1))
        let unknown = try Command.ultractl("chat", socket: daemon.path, input: "/nothing\n")
        #expect(unknown.status == 2)
    }

    @Test("/save writes a request that can be sent again, and overwrites no file; /file attaches a file")
    func files() throws {
        let folder = try TemporaryFolder()
        try "notes".write(toFile: folder.path + "/n.txt", atomically: false, encoding: .utf8)
        let daemon = try ScriptedDaemon(connections: [Self.answer("Ok.")])
        let save = "/save \(folder.path)/talk"
        let command = try Command.ultractl(
            "chat", "-m", "p/m", socket: daemon.path, input: "/file \(folder.path)/n.txt\nread\n\(save)\n\(save)\n")
        #expect(command.status == 2)
        #expect(command.output == "Ok.\n")
        #expect(command.error.contains("File exists"))
        let saved = try String(contentsOfFile: folder.path + "/talk", encoding: .utf8)
        #expect(
            saved
                == #"{"model":"p/m","messages":[{"role":"user","content":"read\n\n<file name=\"n.txt\">\nnotes\n</file>"},"#
                + #"{"role":"assistant","content":"Ok."}]}"# + "\n")
    }
}
