import Foundation
import Testing

/// The verbs reload, metrics and cache.
@Suite(.timeLimit(.minutes(1)))
struct AdministrationTests {
    @Test("reload prints changes and warnings")
    func reload() throws {
        let daemon = try ScriptedDaemon([
            .receive,
            .send(
                #"{"id":ID,"event":"result","loaded_at":"2026-11-24T20:00:00Z","changed":["limits.drain","cache.ttl"],"#
                    + #""added":["groq"],"removed":[],"warnings":["line 7: limits.old is called limits.new now"]}"#),
        ])
        let command = try Command.ultractl("reload", socket: daemon.path)
        let output = """
            reloaded
            changed  limits.drain, cache.ttl
            added    groq
            warning  line 7: limits.old is called limits.new now

            """
        #expect(command == Command(output: output, error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"reload"}"#])
    }

    @Test("reload of an unchanged configuration prints that nothing changed")
    func unchanged() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"result","changed":[],"added":[],"removed":[],"warnings":[]}"#),
        ])
        let command = try Command.ultractl("reload", socket: daemon.path)
        #expect(command == Command(output: "nothing changed\n", error: "", status: 0))
    }

    @Test("reload of an invalid configuration exits 1 with all problems")
    func problems() throws {
        let daemon = try ScriptedDaemon([
            .receive,
            .send(
                #"{"id":ID,"event":"error","error":{"code":"invalid_request","message":"the configuration has 2 "#
                    + #"mistakes; nothing was changed","problems":["u.toml:3: unknown key porvider","#
                    + #""u.toml:9: limit must be 1 or more"],"hint":"mend them and reload again"}}"#),
        ])
        let command = try Command.ultractl("reload", socket: daemon.path)
        let error = """
            error: the configuration has 2 mistakes; nothing was changed
              u.toml:3: unknown key porvider
              u.toml:9: limit must be 1 or more
            hint: mend them and reload again

            """
        #expect(command == Command(output: "", error: error, status: 1))
    }

    @Test("metrics prints the daemon's text unchanged")
    func metrics() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(##"{"id":ID,"event":"result","text":"# TYPE ultra_up gauge\nultra_up 1\n"}"##),
        ])
        let command = try Command.ultractl("metrics", socket: daemon.path)
        #expect(command == Command(output: "# TYPE ultra_up gauge\nultra_up 1\n", error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"metrics"}"#])
    }

    @Test("metrics without the field text are an error")
    func noMetrics() throws {
        let daemon = try ScriptedDaemon([.receive, .send(#"{"id":ID,"event":"result"}"#)])
        let command = try Command.ultractl("metrics", socket: daemon.path)
        #expect(command == Command(output: "", error: "error: the daemon's answer has no field text\n", status: 1))
    }

    @Test(
        "cache prints hits, sizes and savings",
        arguments: [
            (
                #"{"enabled":true,"hits":12,"misses":36,"coalesced":2,"entries":36,"bytes":18000,"disk_entries":40,"disk_bytes":20000,"saved_usd":0.25}"#,
                """
                hits             12  25 % of 48
                misses           36
                coalesced         2  joined an equal request in flight
                in memory  17.6 KiB  36 answers
                on disk    19.5 KiB  40 answers
                saved         $0.25

                """
            ),
            (
                #"{"enabled":false,"hits":0}"#,
                "The cache is off. To turn it on, set enabled = true below [cache] in ultrad.toml.\n"
            ),
            (#"{"hits":0,"misses":0}"#, "hits    0\nmisses  0\n"),
        ])
    func cache(_ cache: String, _ output: String) throws {
        let daemon = try ScriptedDaemon([.receive, .send(#"{"id":ID,"event":"result","cache":\#(cache)}"#)])
        let command = try Command.ultractl("cache", "status", socket: daemon.path)
        #expect(command == Command(output: output, error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"status"}"#])
    }

    @Test(
        "cache clear prints the number and size of the removed answers",
        arguments: [
            (#","entries":3,"bytes":2048"#, "removed 3 answers, 2.00 KiB\n"), (#","entries":1"#, "removed 1 answer\n"),
            ("", "removed all answers\n"),
        ])
    func clear(_ fields: String, _ output: String) throws {
        let daemon = try ScriptedDaemon([.receive, .send(#"{"id":ID,"event":"result"\#(fields)}"#)])
        let command = try Command.ultractl("--json=x", "cache", socket: daemon.path)
        #expect(command.status == 2)
        let cleared = try Command.ultractl("cache", "clear", socket: daemon.path)
        #expect(cleared == Command(output: output, error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"cache_clear"}"#])
    }
}
