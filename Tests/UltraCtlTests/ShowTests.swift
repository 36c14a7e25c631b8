import Testing
import UltraAPI

@testable import ultractl

@Suite(.timeLimit(.minutes(1)))
struct ShowTests {
    static let gpt =
        #"{"id":"openai/gpt-4o","provider":"openai","name":"gpt-4o","display_name":"GPT-4o","aliases":["4o"],"#
        + #""kind":"chat","state":"rate_limited","state_since":"2026-11-24T20:00:00Z","#
        + #""retry_at":"2026-11-24T20:10:42Z","weight":1.5,"tags":["smart"],"#
        + #""capabilities":["chat","tools"],"context_window":128000,"max_output_tokens":null,"#
        + #""price":{"input_usd_per_mtok":2.5,"cached_input_usd_per_mtok":1.25,"output_usd_per_mtok":10},"#
        + #""source":{"kind":"discovery","capabilities":"catalogue","context_window":"configuration","#
        + #""price":"catalogue"},"#
        + #""evidence":{"reachable":{"ok":true,"at":"2026-11-24T20:09:00Z","by":"probe"},"#
        + #""authorised":{"ok":false,"at":"2026-11-24T20:09:58Z","by":"live"},"generated":{"ok":null}},"#
        + #""latency_ms":{"first_token_p50":310,"first_token_p95":900},"#
        + #""failures":{"consecutive":3,"last":"rate_limited","last_at":"2026-11-24T20:09:58Z"}}"#

    @Test("shows all facts with their source, the evidence with its age, and example requests")
    func text() throws {
        let model = try JSONReader.read(Array(Self.gpt.utf8)) { (reader) throws(JSONError) in try ModelReport(&reader) }
        let now = try #require(Timestamp("2026-11-24T20:10:00Z"))
        var text = ModelText(model: model, isDefault: true, style: Style(), now: now)
        text.provider = ProviderReport(id: "openai")
        text.provider?.state = "unauthorized"
        text.provider?.lastError = "the key was refused"
        #expect(
            text.render() == """
                openai/gpt-4o · rate_limited for 10 min 0 s, next attempt in 42 s
                GPT-4o · the default model

                kind            chat                                                               discovery
                aliases         4o
                tags            smart
                capabilities    chat, tools                                                        catalogue
                context window  128 k tokens                                                       configuration
                longest output  unknown
                price           $2.50 input, $1.25 cached input, $10.00 output per million tokens  catalogue
                weight          1.50

                reachable    yes         probe, 1 min 0 s ago
                authorised   no          live traffic, 2 s ago
                generated    unknown
                first token  310 ms      median; 95th percentile 900 ms
                failures     3 in a row  last: rate_limited, 2 s ago

                openai:  the key was refused; give ultrad another key and restart it

                command  ultractl generate -m openai/gpt-4o "…"
                request  {"id":1,"op":"generate","model":"openai/gpt-4o","prompt":"…"}

                """)
    }

    static let list =
        #"{"id":ID,"event":"result","models":[{"id":"a/m","provider":"a","name":"m","aliases":["one"],"#
        + #""state":"available","kind":"embeddings","x":1.0},{"id":"b/m","provider":"b","name":"m","#
        + #""state":"needs_key"},{"id":"b/n","provider":"b","name":"n","state":"needs_key"}],"default":null}"#

    @Test(
        "finds a model by its id, an alias, or a name that one provider has",
        arguments: [("a/m", "a/m"), ("one", "a/m"), ("n", "b/n"), ("b/m", "b/m")])
    func name(_ name: String, _ id: String) throws {
        let status =
            #"{"id":ID,"event":"result","providers":[{"id":"b","state":"needs_key","key_variables":["B_KEY"]}]}"#
        let daemon = try ScriptedDaemon([.receive, .send(Self.list), .receive, .send(status)])
        let command = try Command.ultractl("show", name, socket: daemon.path)
        #expect(command.status == 0)
        #expect(command.output.hasPrefix("\(id) · "))
        let verb = id == "a/m" ? "embed" : "generate"
        #expect(command.output.contains("ultractl \(verb) -m \(id) \"…\"\n"))
        // Only a provider with a problem has advice.
        let advice = "b:  set B_KEY in the environment of ultrad, and restart it\n"
        #expect(command.output.contains(advice) == (id != "a/m"))
    }

    @Test(
        "a name of no model, or of several, exits 1 with a hint",
        arguments: [
            ("x", "there is no model x", "see: ultractl models --all"),
            ("m", "several providers have m", "name one of a/m, b/m"),
        ])
    func unknown(_ name: String, _ message: String, _ hint: String) throws {
        let daemon = try ScriptedDaemon([.receive, .send(Self.list)])
        let command = try Command.ultractl("show", name, socket: daemon.path)
        #expect(command == Command(output: "", error: "error: \(message)\nhint: \(hint)\n", status: 1))
    }

    @Test("--json prints the model as the daemon sent it")
    func json() throws {
        let daemon = try ScriptedDaemon([.receive, .send(Self.list)])
        let command = try Command.ultractl("show", "one", "--json", socket: daemon.path)
        let object =
            #"{"id":"a/m","provider":"a","name":"m","aliases":["one"],"state":"available","kind":"embeddings","x":1.0}"#
        #expect(command == Command(output: object + "\n", error: "", status: 0))
    }
}
