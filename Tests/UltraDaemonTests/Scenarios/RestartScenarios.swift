import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: the daemon dies and starts again")
struct RestartScenarios {
    @Test("knowledge survives kill -9: models, cool-downs, open breakers, refused keys")
    func kill() throws {
        let folder = try TemporaryFolder("ultra-state")
        let isLost = Switch(false)
        let openai = try ScriptedProvider { request in
            if request.method == "GET" { return ScriptedProvider.list(["gpt-4o", "gpt-4o-mini"]) }
            return request.bodyText.contains("mini") ? Failures.internalError : .retryLater(.seconds(300))
        }
        let anthropic = try ScriptedProvider { request in
            if isLost.get() { return Failures.badKey }
            return request.method == "GET" ? RateLimitScenarios.lists("anthropic") : ScriptedProvider.whole
        }
        let providers = ["openai": openai, "anthropic": anthropic, "mistral": try .mistral()]
        let state = ["STATE_DIRECTORY": folder.path]
        let retryAt: String?
        do {
            let scenario = try Scenario(providers, state)
            isLost.set(true)
            _ = try scenario.generate("anthropic/claude-sonnet-4-5")
            _ = try scenario.generate(Scenario.gpt)
            for _ in 0..<2 { _ = try scenario.generate(Scenario.mini) }
            retryAt = try scenario.model(Scenario.gpt)["retry_at"] as? String
            try Self.block(until: "open_until", in: "\(folder.path)/registry.json")
            scenario.daemon.signal(SIGKILL)
            #expect(scenario.daemon.exitCode() == SIGKILL)
        }

        // The new daemon's first probe gets no answer.
        let sent = openai.calls.count
        for provider in [openai, anthropic] { provider.answer("/v1/models", with: .hangBeforeHead) }
        let daemon = try DaemonProcess(Scenario.environment(providers).merging(state) { $1 })
        let client = try daemon.client()
        let models = try client.ask(#"{"id":1,"op":"models"}"#)["models"] as? [[String: Any]] ?? []
        let states = Dictionary(
            uniqueKeysWithValues: models.map { ($0["id"] as? String ?? "", $0["state"] as? String ?? "") })
        #expect(
            states == [
                Scenario.gpt: "rate_limited", Scenario.mini: "unavailable", Scenario.codestral: "available",
                "anthropic/claude-sonnet-4-5": "unauthorized",
            ])
        #expect(models.first { $0["id"] as? String == Scenario.gpt }?["retry_at"] as? String == retryAt)
        for model in [Scenario.gpt, Scenario.mini] {
            let refused = try client.ask(#"{"id":1,"op":"generate",\#(Scenario.fields(model))}"#)
            #expect(refused.story.first?.contains("skipped") == true)
        }
        #expect(openai.calls.count == sent)
    }

    /// Returns when the file `path` contains `text`. The daemon replaces the file two seconds after a change.
    private static func block(until text: String, in path: String) throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if let found = try? String(contentsOfFile: path, encoding: .utf8), found.contains(text) { return }
            usleep(5000)  // a file says nothing by itself
        }
        throw ClientError(what: "\(path) does not come to hold \(text)")
    }

    @Test(
        "a state file that cannot be read is ignored with a warning, and replaced by a good one",
        arguments: [
            "", "{", "[]", "null", "\u{0}\u{1}", #"{"providers":7}"#, #"{"providers":[{"id":"openai"}]} x"#,
            #"{"providers":[{"id":"openai","keys":[{"authorised":{"ok":"yes"}}]}]}"#,
            #"{"providers":[{"id":"openai","models":[{"name":"gpt-4o","rests":[{"key":1e99}]}]}]}"#,
            String(repeating: "[", count: 100_000),
        ])
    func broken(text: String) throws {
        let folder = try TemporaryFolder("ultra-state")
        let path = "\(folder.path)/registry.json"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let scenario = try Scenario(["openai": try .openAI()], ["STATE_DIRECTORY": folder.path])
        #expect(scenario.daemon.logText.contains("ignoring"), "\(scenario.daemon.logText)")
        #expect(try scenario.generate(Scenario.gpt).event == "result")
        scenario.daemon.signal(SIGTERM)
        #expect(scenario.daemon.exitCode() == 0)
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("gpt-4o"))
    }

    @Test(
        "a state file with figures that cannot be right does no harm",
        arguments: [Int.max, Int.min, -1, 0])
    func absurd(figure: Int) throws {
        let folder = try TemporaryFolder("ultra-state")
        let evidence = #"{"ok":false,"at":\#(figure),"by":"live"}"#
        let text =
            #"{"version":\#(figure),"saved_at":\#(figure),"providers":[{"id":"openai","reachable":\#(evidence),"keys":[{"authorised":\#(evidence),"rests_until":\#(figure)}],"models":[{"name":"gpt-4o","listed":\#(evidence),"generated":\#(evidence),"authorised":\#(evidence),"latency":1e308,"rests":[{"key":\#(figure),"until":\#(figure)},{"key":0,"until":\#(figure)}],"failures":\#(figure),"open_until":\#(figure),"pause_ms":\#(figure)}]}]}"#
        try text.write(toFile: "\(folder.path)/registry.json", atomically: true, encoding: .utf8)
        let scenario = try Scenario(["openai": try .openAI()], ["STATE_DIRECTORY": folder.path])
        _ = try scenario.generate(Scenario.gpt)
        #expect(try scenario.ask("models", "").event == "result")
        // The cool-down of the key ends as stored in the file.
        #expect(try scenario.generate(Scenario.mini).code == (figure == .max ? "rate_limited" : nil))
    }
}
