import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct VerbTests {
    static let status =
        #"{"id":ID,"event":"result","version":"0.1.0","protocol":1,"pid":42,"uptime_ms":11540000,"state":"running","#
        + #""config":{"path":"/etc/ultrad/ultrad.toml","warnings":["old key"]},"providers":[{"id":"openai","#
        + #""state":"available","models":12,"available":11,"key":"set","endpoint":"https://api.openai.com/v1","#
        + #""in_flight":1,"queued":0,"limit":8,"retry_at":null,"last_probe":{"ok":true,"ms":312.4,"error":null},"#
        + #""next_probe_at":"2001-01-01T00:00:00Z"},{"id":"mistral\u001b[2J","#
        + #""state":"needs_key","models":3,"available":0,"key":"missing","key_variables":["A_KEY","B_KEY"],"#
        + #""endpoint":null,"in_flight":0,"queued":0,"limit":null,"retry_at":null,"last_probe":null}],"#
        + #""connections":{"open":2,"by_uid":{"0":2}},"requests":{"in_flight":1,"#
        + #""queued":0,"total":12345,"failed":2},"pool":[{"host":"https://api.openai.com","open":1,"idle":1,"#
        + #""handshakes":2,"reused":57,"protocol":"h2"}],"cache":{"enabled":false},"today":{"requests":7,"#
        + #""input_tokens":1200,"output_tokens":98000,"cost_usd":0.42},"probe_spend_today_usd":0.01,"#
        + #""rss_bytes":18769510}"#

    static let models =
        #"{"id":ID,"event":"result","models":[{"id":"openai/gpt-4o","provider":"openai","name":"gpt-4o","#
        + #""aliases":["4o"],"kind":"chat","state":"available","#
        + #""tags":["smart"],"capabilities":["chat","json","json_schema","streaming","tools","vision"],"#
        + #""context_window":128000,"price":{"input_usd_per_mtok":2.5,"output_usd_per_mtok":10},"#
        + #""latency_ms":{"first_token_p50":310,"first_token_p95":900}},"#
        + #"{"id":"openai/whisper-1","provider":"openai","name":"whisper-1","kind":"other","state":"available"},"#
        + #"{"id":"mock/echo","provider":"mock","name":"echo","state":"degraded","mock":true,"price":null,"#
        + #""tags":null}],"default":"openai/gpt-4o"}"#

    @Test("status shows the daemon, its providers with advice, the connection pool and the counts")
    func statusTable() throws {
        let daemon = try ScriptedDaemon([.receive, .send(Self.status)])
        let command = try Command.ultractl("status", socket: daemon.path)
        #expect(command.error == "")
        #expect(command.status == 0)
        #expect(
            command.output == """
                ultrad 0.1.0 · running · pid 42 · up 3 h 12 min · 17.9 MiB

                warning:  old key

                PROVIDER     STATE      KEY      MODELS  BUSY  QUEUED  PROBED     NEXT  ENDPOINT
                openai       available  set       11/12   1/8       0  ok 312 ms  now   https://api.openai.com/v1
                mistral\u{FFFD}[2J  needs_key  missing     0/3     0       0

                mistral\u{FFFD}[2J:  set A_KEY or B_KEY in the environment of ultrad, and restart it

                HOST                    PROTOCOL  OPEN  IDLE  HANDSHAKES  REUSED
                https://api.openai.com  h2           1     1           2      57

                configuration  /etc/ultrad/ultrad.toml
                requests       1 in flight, 0 queued, 12.3 k total, 2 failed
                connections    2 open
                cache          off
                today          7 requests, 1200 tokens in, 98.0 k tokens out, $0.42, $0.010 for probes

                """)
        #expect(daemon.requests() == [#"{"id":1,"op":"status"}"#])
    }

    @Test("models sends the filters, marks the default model, and counts hidden models")
    func modelsTable() throws {
        let daemon = try ScriptedDaemon([.receive, .send(Self.models)])
        let command = try Command.ultractl(
            "models", "--provider", "openai", "--tag", "smart", "--capability", "tools", "--available",
            socket: daemon.path)
        #expect(command.status == 0)
        #expect(
            command.output == """
                MODEL             STATE      CONTEXT     IN     OUT  FIRST TOKEN  CAPABILITIES                                  ALIASES  TAGS
                openai/gpt-4o *   available    128 k  $2.50  $10.00       310 ms  chat json json_schema streaming tools vision  4o       smart
                mock/echo (mock)  degraded         –      –       –

                2 models: 1 available, 1 degraded
                1 for other purposes not listed (--all lists them)

                """)
        #expect(
            daemon.requests() == [
                #"{"id":1,"op":"models","provider":"openai","tag":"smart","capability":"tools","available":true}"#
            ])
    }

    @Test(
        "--json, --socket and --timeout may stand before the verb",
        arguments: [
            ["--socket", "PATH", "call", "ping"], ["--socket=PATH", "--timeout", "5", "call", "ping"],
            ["--json", "--socket", "/nowhere", "call", "--socket", "PATH", "ping"],
        ])
    func leading(_ arguments: [String]) throws {
        let daemon = try ScriptedDaemon([.receive, .send(#"{"id":ID,"event":"result"}"#)])
        let command = try Command.run(
            Command.ultractl, arguments.map { $0.replacingOccurrences(of: "PATH", with: daemon.path) })
        #expect(command == Command(output: "{\"id\":1,\"event\":\"result\"}\n", error: "", status: 0))
    }

    @Test(
        "an answer without the promised types is an error, not a crash",
        arguments: [["status"], ["models"], ["show", "x"], ["probe"], ["verify"]])
    func unreadable(_ verb: [String]) throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"result","providers":7,"models":[{"id":7}],"results":{}}"#),
        ])
        let command = try Command.run(Command.ultractl, verb, environment: ["ULTRAD_SOCKET": daemon.path])
        #expect(command.output == "")
        #expect(command.error.hasPrefix("error: the daemon's answer does not follow protocol 1, at byte "))
        #expect(command.status == 1)
    }

    @Test("--json prints the answer unchanged on one line", arguments: ["status", "models", "probe", "version"])
    func json(_ verb: String) throws {
        let daemon = try ScriptedDaemon([.receive, .send("{\"id\":ID,\n\"event\":\"result\",\"x\":[1.0 ]}")])
        let command = try Command.ultractl(verb, "--json", socket: daemon.path)
        #expect(command == Command(output: "{\"id\":1, \"event\":\"result\",\"x\":[1.0 ]}\n", error: "", status: 0))
    }

    @Test(
        "--json prints the daemon's error too",
        arguments: [["status"], ["models"], ["show", "x"], ["embed", "x"], ["probe"], ["watch"], ["version"]])
    func jsonError(_ verb: [String]) throws {
        let answer = #"{"id":1,"event":"error","error":{"code":"internal","message":"Oh."}}"#
        let daemon = try ScriptedDaemon([.receive, .send(answer)])
        let command = try Command.run(
            Command.ultractl, verb + ["--json"], environment: ["ULTRAD_SOCKET": daemon.path])
        #expect(command == Command(output: answer + "\n", error: "error: Oh.\n", status: 1))
    }

    @Test("call sends its fields as they are and prints every frame")
    func call() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"snapshot","seq":1}"#), .send(#"{"id":ID,"event":"result"}"#),
        ])
        let command = try Command.ultractl("call", "subscribe", #" { "topics" : ["x"] } "#, socket: daemon.path)
        #expect(
            command
                == Command(
                    output: "{\"id\":1,\"event\":\"snapshot\",\"seq\":1}\n{\"id\":1,\"event\":\"result\"}\n", error: "",
                    status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"subscribe", "topics" : ["x"]}"#])
    }

    @Test(
        "call exits 2 for fields that are no object, or bring their own id",
        arguments: [
            "[]", "{", "{} x", #"{"id":7}"#, #"{"op":"x"}"#, #"{"i\u0064":7}"#, "{\"a\":\u{1}}", "",
        ])
    func badFields(_ fields: String) throws {
        let daemon = try ScriptedDaemon([])
        let command = try Command.ultractl("call", "status", fields, socket: daemon.path)
        #expect(
            command
                == Command(
                    output: "",
                    error: "error: the request must be a JSON object without id and op\nhint: see: ultractl --help\n",
                    status: 2))
        #expect(daemon.requests() == [])
    }

    @Test("version prints both versions")
    func version() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"result","protocol":1,"server":"ultrad/0.9.1"}"#),
        ])
        let command = try Command.ultractl("version", socket: daemon.path)
        #expect(command == Command(output: "ultractl 0.2.0\nultrad 0.9.1 (protocol 1)\n", error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"hello","protocol":1,"client":"ultractl/0.2.0"}"#])
    }
}
