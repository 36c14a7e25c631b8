import Foundation
import Testing

@testable import ultractl

@Suite(.timeLimit(.minutes(1)))
struct ProgressTests {
    private func line(_ seconds: Double, _ change: (inout ultractl.Progress) -> Void) -> String {
        var progress = ultractl.Progress(.standardError)
        change(&progress)
        return progress.line(at: .now + .milliseconds(Int(seconds * 1000)))
    }

    @Test("shows the phase and the time")
    func phase() {
        #expect(line(1.24) { _ in } == "sending  1.2 s")
        #expect(line(3) { $0.show("wait\u{1B}ing") } == "wait\u{FFFD}ing  3.0 s")
    }

    @Test("estimates tokens, and tokens per second after half a second")
    func speed() {
        #expect(line(0.2) { $0.count(bytes: 40) } == "sending  0.2 s, about 10 tokens")
        let text = line(2) {
            $0.show("streaming")
            $0.count(bytes: 400)
            $0.count(bytes: 400)
        }
        #expect(text.wholeMatch(of: /streaming  2\.0 s, about 200 tokens, (100\.0|99\.\d) tokens\/s/) != nil, "\(text)")
    }

    @Test(
        "a bar shows the share of checks that are done",
        arguments: [
            (0, "░░░░░░░░░░░░░░░░░░░░  0/8"), (3, "███████░░░░░░░░░░░░░  3/8"), (8, "████████████████████  8/8"),
        ])
    func bar(_ done: Int, _ expected: String) {
        #expect(line(0) { $0.show("a/b tools", done: done, of: 8) } == expected + "  a/b tools  0.0 s")
    }

    /// A daemon that answers only after the line was drawn: the client closes first, or the text ends the line.
    private static let slow: [ScriptedDaemon.Step] = [
        .receive, .send(#"{"id":ID,"event":"progress","phase":"waiting_first_token","attempt":1}"#), .pause(0.7),
        .send(#"{"id":ID,"event":"delta","text":"Hi"}"#), .send(GenerateTests.done),
    ]

    @Test("is drawn only on standard error, and erased when the answer arrives")
    func terminal() throws {
        let text = try Terminal().ultractl(
            ["generate", "x"], socket: ScriptedDaemon(Self.slow).path, environment: ["NO_COLOR": "1"]
        ).text
        #expect(text.firstMatch(of: /\r\e\[Kwaiting first token  0\.\d s/) != nil, "\(text)")
        #expect(text.hasSuffix("\r\u{1B}[KHi\r\n"))
    }

    @Test("is not drawn without a terminal")
    func pipe() throws {
        let daemon = try ScriptedDaemon(Self.slow)
        let command = try Command.ultractl("generate", "x", socket: daemon.path)
        #expect(command == Command(output: "Hi", error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"stream","prompt":"x"}"#])
    }

    @Test("test and verify show the number of finished checks")
    func checks() throws {
        let daemon = try ScriptedDaemon(connections: [
            [.receive, .send(CheckTests.models("json"))],
            [.receive, .pause(0.2), .send(#"{"id":ID,"event":"result","text":"ready"}"#)],
            [.receive, .pause(0.2), .send(#"{"id":ID,"event":"result","text":"{}"}"#)],
        ])
        let text = try Terminal().ultractl(["verify"], socket: daemon.path, environment: ["NO_COLOR": "1"]).text
        #expect(text.contains("\r\u{1B}[K░░░░░░░░░░░░░░░░░░░░  0/2  p/m generate  0."), "\(text)")
        #expect(text.contains("\r\u{1B}[K██████████░░░░░░░░░░  1/2  p/m json  0."))
        #expect(text.contains("\r\u{1B}[K✓  p/m  generate"))
    }
}
