import ArgumentParser
import Foundation
import Testing

@testable import ultractl

/// The output and exit status of every verb in a pipe and on terminals of 80 and 200 columns.
@Suite(.timeLimit(.minutes(2)))
struct TranscriptTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var arguments: [String]
        /// The scripts of the daemon, one for each connection.
        var connections: [[ScriptedDaemon.Step]]
        var input: String?
        var status: Int32 = 0
        /// Parts of standard output, and of standard error, in a pipe.
        var output: [String]
        var error: [String] = []
        /// True if lines may exceed the width: unchanged answers, and ids, which are never cut.
        var isRaw = false
        /// Parts of standard output on a terminal, if they differ.
        var terminal: [String]?

        var testDescription: String { arguments.joined(separator: " ") }
    }

    private static func asked(_ answers: String...) -> [ScriptedDaemon.Step] {
        answers.flatMap { [.receive, .send($0)] }
    }

    private static let wide = "openai/猫犬👩‍👩‍👧" + String(repeating: "长", count: 30)

    private static let delta = #"{"id":ID,"event":"delta","text":"Grüße, 猫."}"#
    private static let done = #"{"id":ID,"event":"done","model":"\#(wide)","usage":{"input_tokens":7},"cost_usd":null}"#
    private static let refusal =
        #"{"id":ID,"event":"error","error":{"code":"model_not_found","message":"no model \#(wide)","hint":"near: 猫"}}"#
    private static let modelList =
        #"{"id":ID,"event":"result","models":[{"id":"\#(wide)","provider":"openai","name":"猫","kind":"chat","#
        + #""state":"available","aliases":["\#(wide)"],"capabilities":["json"],"context_window":128000}],"#
        + #""default":"\#(wide)"}"#
    private static let vectors =
        #"{"id":ID,"event":"result","model":"\#(wide)","embeddings":[[1,0]],"dimensions":2,"usage":{"input_tokens":5}}"#
    private static let probe =
        #"{"id":ID,"event":"result","results":[{"provider":"openai","model":"\#(wide)","state":"available","ms":5,"#
        + #""evidence":{"reachable":{"ok":true}},"error":null}]}"#
    private static let text = #"{"id":ID,"event":"result","text":"{}"}"#
    private static let watch = WatchTests.snapshot.replacing("openai/a", with: wide)

    static let cases = [
        Case(
            arguments: ["status"], connections: [asked(VerbTests.status)],
            output: ["ultrad 0.1.0 · running", "PROVIDER"]),
        Case(arguments: ["models"], connections: [asked(modelList)], output: ["MODEL", "openai/猫犬"]),
        Case(arguments: ["show", wide], connections: [asked(modelList)], output: [wide, "128 k tokens"], isRaw: true),
        Case(
            arguments: ["generate", "--stats", "hi"], connections: [[.receive, .send(delta), .send(done)]],
            output: ["Grüße, 猫."], error: ["openai/猫", "7 tokens in"], isRaw: true),
        Case(
            arguments: ["generate", "-m", "nothing", "hi"], connections: [asked(refusal)], status: 1, output: [],
            error: ["error: no model openai/猫", "hint: near: 猫\n"], isRaw: true),
        Case(
            arguments: ["chat"], connections: [[.receive, .send(delta), .send(done)]], input: "hi\n",
            output: ["Grüße, 猫.\n"]),
        Case(
            arguments: ["embed", "猫"], connections: [asked(vectors)], output: ["[1,0]\n"],
            isRaw: true, terminal: ["1 vector of 2", "猫"]),
        Case(
            arguments: ["test", "-m", wide],
            connections: [
                asked(#"{"id":ID,"event":"result","providers":[{"id":"openai","state":"available"}]}"#, modelList),
                asked(probe), asked(text), asked(text),
            ], output: ["✓  openai/猫", "reachable", "generate", "json"]),
        Case(
            arguments: ["verify"], connections: [asked(modelList), asked(text), asked(refusal)], status: 1,
            output: ["✓  openai/猫", "✗  openai/猫", "no model"]),
        Case(arguments: ["probe"], connections: [asked(probe)], output: ["✓", "openai"]),
        Case(
            arguments: ["watch", "--timeout", "0.5"],
            connections: [[.receive, .send(watch), .send(WatchTests.change)]],
            output: ["2 providers", "available → degraded"], isRaw: true),
        Case(
            arguments: ["usage"], connections: [asked(UsageTests.models)],
            output: ["openai/gpt-4o", "docker/猫", "$4.00+"]),
        Case(
            arguments: ["usage", "--plot", "--by", "day", "--by", "model"], connections: [asked(UsageTests.days)],
            output: ["cost by day and model", "a/one", "█", "$10.50"]),
        Case(
            arguments: ["usage", "--csv", "--by", "model"], connections: [asked(UsageTests.models)],
            output: ["model,requests,", "docker/猫,40,0,800,"], isRaw: true),
        Case(
            arguments: ["reload"],
            connections: [
                asked(
                    #"{"id":ID,"event":"result","changed":["猫.\#(wide)"],"added":["groq"],"warnings":["\#(wide) \#(wide)"]}"#
                )
            ],
            output: ["reloaded", "changed  猫", "added    groq", "warning  openai/猫"]),
        Case(
            arguments: ["metrics"], connections: [asked(#"{"id":ID,"event":"result","text":"ultra_up{猫=\"1\"} 1\n"}"#)],
            output: ["ultra_up{猫=\"1\"} 1\n"], isRaw: true),
        Case(
            arguments: ["cache"],
            connections: [asked(#"{"id":ID,"event":"result","cache":{"enabled":true,"hits":1,"misses":3}}"#)],
            output: ["hits    1  25 % of 4\n"]),
        Case(
            arguments: ["cache", "clear"], connections: [asked(#"{"id":ID,"event":"result","entries":3}"#)],
            output: ["removed 3 answers\n"]),
        Case(
            arguments: ["call", "ping"], connections: [asked(#"{"id":ID,"event":"result","x":"猫"}"#)],
            output: ["{\"id\":1,\"event\":\"result\",\"x\":\"猫\"}\n"], isRaw: true),
        Case(arguments: ["completions", "bash"], connections: [], output: ["#!/bin/bash\n", "generate"], isRaw: true),
        Case(
            arguments: ["version"],
            connections: [asked(#"{"id":ID,"event":"result","protocol":1,"server":"ultrad/0.9.1"}"#)],
            output: ["ultractl 0.2.0\nultrad 0.9.1 (protocol 1)\n"]),
        Case(arguments: ["help", "usage"], connections: [], output: ["OVERVIEW:", "--since"], isRaw: true),
        Case(
            arguments: ["status", "--nothing"], connections: [], status: 2, output: [],
            error: ["Error: Unknown option '--nothing'"], isRaw: true),
    ]

    @Test("in a pipe: the answer on standard output, nothing else there, no colour and no progress", arguments: cases)
    func pipe(_ row: Case) throws {
        let daemon = try ScriptedDaemon(connections: row.connections + [[]])
        defer { daemon.stop() }
        let command = try Command.run(
            Command.ultractl, row.arguments, input: row.input, environment: ["ULTRAD_SOCKET": daemon.path])
        #expect(command.status == row.status)
        #expect(!(command.output + command.error).contains { $0 == "\u{1B}" || $0 == "\r" })
        for part in row.output { #expect(command.output.contains(part), "\(command.output)") }
        if row.output.isEmpty { #expect(command.output == "") }
        for part in row.error { #expect(command.error.contains(part), "\(command.error)") }
        if row.error.isEmpty { #expect(command.error == "") }
    }

    @Test(
        "on a terminal: no line is too long, and no colour where none is wanted", arguments: cases,
        [80, 200] as [UInt16])
    func terminal(_ row: Case, _ columns: UInt16) throws {
        // ChatTests test an interactive chat.
        guard row.input == nil else { return }
        let daemon = try ScriptedDaemon(connections: row.connections + [[]])
        defer { daemon.stop() }
        let outcome = try Terminal(columns: columns)
            .ultractl(row.arguments, socket: daemon.path, environment: ["NO_COLOR": "1"])
        #expect(outcome.status == row.status)
        // The line of progress is drawn over, and is gone.
        let text = outcome.text.replacing(/\r\e\[K[^\r\n\e]*/) { match in
            outcome.text[match.range.upperBound...].hasPrefix("\r\u{1B}[K") ? "" : match.output.dropFirst(4)
        }
        #expect(!text.contains("\u{1B}"), "\(text)")
        #expect(text.isEmpty || text.hasSuffix("\r\n"))
        for part in row.terminal ?? row.output + row.error where part.columns < 30 {
            #expect(text.replacing("\r\n", with: "\n").contains(part), "\(text)")
        }
        guard !row.isRaw else { return }
        for line in text.split(separator: "\r\n") { #expect(String(line).columns <= Int(columns), "\(line)") }
    }

    @Test("the table has every verb")
    func complete() {
        let verbs = Set(Ultractl.verbs)
        // It shows nothing in a pipe: see TopTests.
        #expect(verbs.subtracting(Self.cases.map { $0.arguments[0] }) == ["top"])
    }

    @Test("every verb says its name, which costs a short command a quarter of its time to find")
    func named() {
        for verb in Ultractl.configuration.subcommands { #expect(verb.configuration.commandName != nil, "\(verb)") }
    }

    @Test("without a daemon, every verb that needs one exits 3 with a hint", arguments: cases)
    func noDaemon(_ row: Case) throws {
        guard !row.connections.isEmpty, row.arguments != ["version"] else { return }
        let command = try Command.run(
            Command.ultractl, row.arguments, input: row.input, environment: ["ULTRAD_SOCKET": "/nowhere/s"])
        #expect(command.status == 3)
        #expect(command.output == "")
        #expect(command.error.hasPrefix("error: ultrad is not running: there is no socket at /nowhere/s\nhint: "))
    }

    @Test("--json, --socket and --timeout belong to every verb")
    func global() throws {
        for verb in Ultractl.verbs {
            let help = try Command.run(Command.ultractl, [verb, "--help"]).output
            for option in ["--json", "--socket", "--timeout"] { #expect(help.contains(option), "\(verb)") }
        }
    }
}
