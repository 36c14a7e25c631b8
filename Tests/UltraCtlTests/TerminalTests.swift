import Foundation
import Testing

@testable import ultractl

@Suite(.timeLimit(.minutes(1)))
struct TerminalTests {
    private func screen(
        _ arguments: [String], daemon: ScriptedDaemon, environment: [String: String] = [:], columns: UInt16 = 80,
        status: Int32 = 0
    ) throws -> String {
        let outcome = try Terminal(columns: columns)
            .ultractl(arguments, socket: daemon.path, environment: environment)
        #expect(outcome.status == status)
        return outcome.text
    }

    @Test("a terminal gets a last newline and no control characters of the answer")
    func answer() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"delta","text":"a\u001b[2J\u009bb\n\tc"}"#), .send(GenerateTests.done),
        ])
        #expect(try screen(["generate", "x"], daemon: daemon) == "a\u{FFFD}[2J\u{FFFD}b\r\n\tc\r\n")
        #expect(daemon.requests() == [#"{"id":1,"op":"stream","prompt":"x","progress":true}"#])
    }

    @Test(
        "a terminal gets a line end for CR LF, in one piece or in two, and no other carriage return",
        arguments: [[#"a\r\nb"#], [#"a\r"#, #"\nb"#]])
    func lineEnds(_ pieces: [String]) throws {
        let daemon = try ScriptedDaemon(
            [.receive] + pieces.map { .send(#"{"id":ID,"event":"delta","text":"\#($0)"}"#) }
                + [.send(#"{"id":ID,"event":"delta","text":"c\rd"}"#), .send(GenerateTests.done)])
        #expect(try screen(["generate", "x"], daemon: daemon) == "a\r\nbc\u{FFFD}d\r\n")
    }

    @Test("a terminal gets no character that turns text around")
    func order() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"delta","text":"a\u202eb\u2066c\u200ed"}"#), .send(GenerateTests.done),
        ])
        #expect(try screen(["generate", "x"], daemon: daemon) == "a\u{FFFD}b\u{FFFD}c\u{200E}d\r\n")
    }

    @Test(
        "JSON on a terminal has escapes for what would drive it",
        arguments: [["models", "--json"], ["call", "models"], ["show", "p/m", "--json"]])
    func json(_ arguments: [String]) throws {
        let daemon = try ScriptedDaemon([
            .receive,
            .send(
                #"{"id":ID,"event":"result","models":[{"id":"p/m","provider":"p","name":"é\#u{9B}2J\#u{202E}\#u{2069}\#u{7F}"}]}"#
            ),
        ])
        let text = try screen(arguments, daemon: daemon)
        #expect(text.contains(#""name":"é\u009b2J\u202e\u2069\u007f""#), "\(text)")
        #expect(text.hasSuffix("\r\n") && !text.unicodeScalars.contains { ("\u{7F}"..."\u{9F}").contains($0) })
    }

    @Test("JSON in a pipe, and an error in JSON, are unchanged")
    func jsonUnchanged() throws {
        let answer = "{\"id\":1,\"event\":\"error\",\"error\":{\"code\":\"internal\",\"message\":\"\u{9B}2J\"}}"
        let steps: [ScriptedDaemon.Step] = [.receive, .send(answer)]
        let command = try Command.ultractl("status", "--json", socket: ScriptedDaemon(steps).path)
        #expect(command == Command(output: answer + "\n", error: "error: \u{FFFD}2J\n", status: 1))
        let text = try screen(["status", "--json"], daemon: ScriptedDaemon(steps), status: 1)
        #expect(text.hasPrefix(answer.replacingOccurrences(of: "\u{9B}", with: #"\u009b"#) + "\r\n"))
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

    @Test("no line of a table is longer than the terminal is wide", arguments: [80, 100, 200] as [UInt16])
    func width(columns: UInt16) throws {
        for (verb, answer) in [("status", VerbTests.status), ("models", VerbTests.models)] {
            let daemon = try ScriptedDaemon([.receive, .send(answer)])
            let text = try screen([verb], daemon: daemon, environment: ["NO_COLOR": "1"], columns: columns)
            let widths = text.split(separator: "\r\n").map { String($0).columns }
            #expect(widths.allSatisfy { $0 <= Int(columns) }, "\(text)")
            #expect(widths.count > 3)
        }
    }

    @Test("embed shows a summary, and each text with its cosine similarity to the first")
    func embed() throws {
        let daemon = try ScriptedDaemon([
            .receive,
            .send(
                #"{"id":ID,"event":"result","model":"openai/e","embeddings":[[1,0,0,0],[0.6,0.8,0,0]],"#
                    + #""dimensions":4,"usage":{"input_tokens":5},"cost_usd":null,"warnings":["dimensions ignored"]}"#),
        ])
        let text = try screen(["embed", "猫", "dog"], daemon: daemon, environment: ["NO_COLOR": "1"])
        #expect(
            text.replacingOccurrences(of: "\r\n", with: "\n") == """
                openai/e · 2 vectors of 4 · 5 tokens · cost unknown
                warning: dimensions ignored

                   TEXT  COSINE  VECTOR
                1  猫            1.0000 0.0000 0.0000 …
                2  dog    0.600  0.6000 0.8000 0.0000 …
                COSINE compares with vector 1. A file or pipe gets whole vectors.

                """)
    }

    @Test("a probe that failed is red, and exits 1")
    func probe() throws {
        let daemon = try ScriptedDaemon([.receive, .send(ProbeTests.answer)])
        let text = try screen(["probe"], daemon: daemon, status: 1)
        #expect(text.contains("\u{1B}[31m✗\u{1B}[0m  mistral"))
        #expect(text.contains("\u{1B}[32m✓\u{1B}[0m  openai"))
    }
}
