import Foundation
import Testing
import UltraAPI

@testable import ultractl

@Suite(.timeLimit(.minutes(1)))
struct WatchTests {
    static let snapshot =
        #"{"id":ID,"event":"snapshot","seq":1,"data":{"providers":[{"id":"openai","state":"available"},"#
        + #"{"id":"cohere","state":"needs_key"}],"models":[{"id":"openai/a","state":"available"},"#
        + #"{"id":"openai/b","state":"rate_limited"},{"id":"openai/c","kind":"other","state":"available"}]}}"#
    static let change =
        #"{"id":ID,"event":"event","seq":2,"topic":"health","data":{"provider":"openai","model":"openai/a","#
        + #""from":"available","to":"degraded","reason":"live","evidence":{}}}"#
    static let cancelled = #"{"id":ID,"event":"error","error":{"code":"cancelled","message":"Cancelled."}}"#

    @Test("shows the state, then a line for each event, until SIGINT, which ends the subscription and exits 130")
    func lines() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(Self.snapshot), .send(Self.change), .signal(SIGINT), .receive,
            .send(#"{"id":2,"event":"result","cancelled":true}"#), .send(Self.cancelled),
        ])
        let command = try Command.ultractl("watch", "--topic", "health", "--topic", "requests", socket: daemon.path)
        #expect(command.error == "")
        #expect(command.status == 130)
        #expect(
            daemon.requests() == [
                #"{"id":1,"op":"subscribe","topics":["health","requests"]}"#, #"{"id":2,"op":"cancel","target":1}"#,
            ])
        let lines = command.output.split(separator: "\n")
        for line in lines { #expect(line.firstMatch(of: /^\d\d:\d\d:\d\d  \S/) != nil, "\(line)") }
    }

    @Test("--timeout ends it well once it has begun")
    func timeout() throws {
        let daemon = try ScriptedDaemon([.receive, .send(Self.snapshot), .send(Self.change)])
        let command = try Command.ultractl("watch", "--timeout", "0.5", socket: daemon.path)
        #expect(command.status == 0)
        #expect(
            command.output.split(separator: "\n").map { $0.dropFirst(10) } == [
                "ultrad  2 providers, 2 models: 1 available, 1 rate_limited", "cohere  needs_key",
                "openai/a  available → degraded  live",
            ])
        #expect(daemon.requests() == [#"{"id":1,"op":"subscribe"}"#])
    }

    @Test("a daemon that does not begin within --timeout is a failure")
    func silent() throws {
        let daemon = try ScriptedDaemon([.receive])
        let command = try Command.ultractl("watch", "--timeout", "0.2", socket: daemon.path)
        #expect(command == Command(output: "", error: "error: no answer within 200 ms\n", status: 1))
    }

    @Test("--json prints the frames unchanged, the last one too")
    func json() throws {
        let frames = [
            #"{"id":1,"event":"snapshot","seq":1,"data":{}}"#,
            #"{"id":1,"event":"event","seq":2,"topic":"new","data":7}"#,
            #"{"id":1,"event":"error","error":{"code":"fell_behind","message":"Too slow.","hint":"Again."}}"#,
        ]
        let daemon = try ScriptedDaemon([.receive] + frames.map { .send($0) })
        let command = try Command.ultractl("watch", "--json", socket: daemon.path)
        #expect(
            command
                == Command(
                    output: frames.map { $0 + "\n" }.joined(), error: "error: Too slow.\nhint: Again.\n", status: 1))
    }

    @Test(
        "an event is a line",
        arguments: [
            (
                #""topic":"health","data":{"provider":"p","model":null,"from":"available","to":"un\u001bk","reason":"x"}"#,
                "p  available → un\u{FFFD}k  x"
            ),
            (
                #""topic":"requests","data":{"phase":"began","request":7,"model":"p/m","uid":1000}"#,
                "p/m  request 7 began (uid 1000)"
            ),
            (
                #""topic":"requests","data":{"phase":"ended","request":7,"model":"p/m","uid":0,"error":null,"ms":812.4}"#,
                "p/m  request 7 done in 812 ms (uid 0)"
            ),
            (
                #""topic":"requests","data":{"phase":"ended","request":7,"model":"p/m","error":"timeout","ms":5000}"#,
                "p/m  request 7 timeout after 5.0 s"
            ),
            (#""topic":"registry","data":{"new":["p/m"]}"#, #"registry  {"new":["p/m"]}"#),
            (#""topic":"later","data":{}"#, "later  {}"),
        ])
    func line(_ event: String, _ expected: String) throws {
        let event = try JSONReader.read(Array("{\(event)}".utf8)) { (reader) throws(JSONError) in
            try WatchEvent(&reader)
        }
        let now = Timestamp(seconds: 1_000_000_000)
        #expect(WatchText(style: Style(), now: now).line(event) == "\(now.clock)  \(expected)\n")
    }
}
