import Foundation
import ScriptedProvider
import Testing

@Suite("Reload")
struct ReloadTests {
    /// A provider whose streams stop after the first word until `gate` opens.
    private static func held(by gate: Gate) throws -> ScriptedProvider {
        let provider = try ScriptedProvider()
        provider.list(["m"])
        provider.answer(
            "/v1/chat/completions",
            with: .stream([
                .event(RelayTests.chunk("Hel")), .wait(gate), .event(RelayTests.chunk("lo")), .event(RelayTests.finish),
                .event("[DONE]"),
            ]))
        return provider
    }

    /// Begins `count` streams and returns when each has its first word.
    private static func begin(_ count: Int, _ model: String, of daemon: ReloadedDaemon) throws -> Client {
        let client = try daemon.daemon.client()
        for id in 1...count { client.send(#"{"id":\#(id),"op":"stream","model":"\#(model)","prompt":"hi"}"#) }
        var deltas = 0
        while deltas < count {
            guard let frame = try client.next() else { throw ClientError(what: "the stream ended") }
            if frame.event == "delta" { deltas += 1 }
            if frame.isTerminal { throw ClientError(what: "\(frame.object)") }
        }
        return client
    }

    /// The number of streams by their last event, and whether all texts were complete.
    private static func finish(_ count: Int, _ client: Client) throws -> [String: Int] {
        var ends: [String: Int] = [:]
        while ends.values.reduce(0, +) < count {
            guard let frame = try client.next() else { throw ClientError(what: "the stream ended; got \(ends)") }
            if frame.event == "delta", frame.text != "lo" { throw ClientError(what: "\(frame.object)") }
            if frame.isTerminal { ends[frame.event, default: 0] += 1 }
        }
        return ends
    }

    @Test("good and bad files during a hundred streams: no stream is lost, and new requests use the new settings")
    func streams() throws {
        let gate = Gate()
        let (kept, gone, new) = (try Self.held(by: gate), try Self.held(by: gate), try ScriptedProvider.openAI())
        let before = ReloadedDaemon.table("kept", kept) + ReloadedDaemon.table("gone", gone)
        let daemon = try ReloadedDaemon(before)
        let clients = [try Self.begin(50, "kept/m", of: daemon), try Self.begin(50, "gone/m", of: daemon)]
        let loadedAt = (try daemon.ask("status")["config"] as? [String: Any])?["loaded_at"] as? String

        // 1. A bad file: all its problems are reported with their places, and nothing changes.
        let refused = try daemon.reload(before + "[limits]\nfrme_bytes = \"1MiB\"\ndrain = \"soon\"\n")
        #expect(refused.code == "invalid_request")
        let problems = refused.error["problems"] as? [String] ?? []
        let line = before.count { $0 == "\n" } + 2
        #expect(problems.count == 2)
        #expect(problems.first?.hasPrefix("\(daemon.folder.path)/ultrad.toml:\(line): ") == true, "\(problems)")
        #expect(problems.first?.contains("did you mean frame_bytes?") == true)
        #expect(problems.last?.contains("limits.drain must be a duration") == true)
        #expect((refused.error["message"] as? String)?.contains("2 problems") == true)
        let status = try daemon.ask("status")["config"] as? [String: Any]
        #expect(status?["loaded_at"] as? String == loadedAt)
        #expect(status?["path"] as? String == "\(daemon.folder.path)/ultrad.toml")
        #expect(try daemon.provider("gone") != nil)

        // 2. A good file.
        let after =
            ReloadedDaemon.table("kept", kept, "concurrency = 7\ntags = [\"fine\"]")
            + ReloadedDaemon.table("new", new)
            + "[models.\"kept/m\"]\nweight = 3\naliases = [\"mine\"]\n[limits]\ndrain = \"20s\"\n"
        let reloaded = try daemon.reload(after)
        #expect(
            reloaded["changed"] as? [String] == [
                "limits.drain", #"models."kept/m""#, "providers.gone", "providers.kept", "providers.new",
            ])
        #expect(reloaded["added"] as? [String] == ["new"])
        #expect(reloaded["removed"] as? [String] == ["gone"])
        #expect(reloaded["warnings"] as? [String] == [])
        #expect(try daemon.provider("gone") == nil)
        #expect(try daemon.provider("kept")?["limit"] as? Int == 7)
        #expect(try daemon.provider("kept")?["in_flight"] as? Int == 50)
        let model = try daemon.model("kept/m")
        #expect(model?["weight"] as? Double == 3)
        #expect(model?["aliases"] as? [String] == ["mine"])
        #expect(model?["tags"] as? [String] == ["fine"])
        #expect(try daemon.generate("gone/m").code == "model_not_found")
        #expect(try daemon.generate("new/gpt-4o").event == "result")

        // 3. All streams complete.
        gate.open()
        for client in clients { #expect(try Self.finish(50, client) == ["done": 50]) }
        #expect(try daemon.provider("kept")?["in_flight"] as? Int == 0)
        #expect(try daemon.generate("mine").event == "result")
    }

    @Test("a lower limit holds back new requests until the old ones are through")
    func lowerLimit() throws {
        let gate = Gate()
        let provider = try Self.held(by: gate)
        let daemon = try ReloadedDaemon(ReloadedDaemon.table("p", provider))
        let client = try Self.begin(3, "p/m", of: daemon)
        #expect(try daemon.reload(ReloadedDaemon.table("p", provider, "concurrency = 2")).event == "result")
        let watcher = try Watcher(daemon.daemon, "requests")
        daemon.client.send(#"{"id":900,"op":"stream","model":"p/m","prompt":"hi"}"#)
        try watcher.began(1)
        let status = try daemon.provider("p")
        #expect(status?["in_flight"] as? Int == 3 && status?["queued"] as? Int == 1)
        // A higher limit makes room for the new connection, although no client has left.
        #expect(try daemon.reload(ReloadedDaemon.table("p", provider, "concurrency = 4")).event == "result")
        try provider.blockForCalls(4)
        gate.open()
        #expect(try Self.finish(3, client) == ["done": 3])
        #expect(try daemon.client.frames(900).last?.event == "done")
    }

    @Test("evidence about an unchanged provider is kept, and so are its connections")
    func evidence() throws {
        let provider = try ScriptedProvider.openAI()
        let daemon = try ReloadedDaemon(ReloadedDaemon.table("p", provider))
        #expect(try daemon.generate("p/gpt-4o").event == "result")
        let (before, connections, lists) = (try daemon.model("p/gpt-4o"), provider.connections.count, provider.lists)
        let toml = ReloadedDaemon.table("p", provider, "tags = [\"x\"]") + "[health]\nbreaker_failures = 9\n"
        #expect(try daemon.reload(toml)["changed"] as? [String] == ["health.breaker_failures", "providers.p"])
        let after = try daemon.model("p/gpt-4o")
        for name in ["evidence", "latency_ms", "failures"] {
            let pair = (before?[name] as? NSDictionary, after?[name] as? NSDictionary)
            #expect(pair.0 != nil && pair.0 == pair.1, "\(name)")
        }
        #expect(before?["state_since"] as? String == after?["state_since"] as? String)
        #expect(try daemon.generate("p/gpt-4o").event == "result")
        #expect(provider.connections.count == connections)
        #expect(provider.lists == lists)
    }

    @Test("a new key is used from the reload on; of the host all is still known, and of the old key nothing")
    func newKey() throws {
        let gate = Gate()
        let refusesOld = Switch(false)
        let provider = try ScriptedProvider { request in
            if refusesOld.get(), request["authorization"] == "Bearer old" { return Failures.badKey }
            if request.method == "GET" { return ScriptedProvider.list(["m"]) }
            return request.bodyText.contains("wait")
                ? .stream([
                    .event(RelayTests.chunk("Hel")), .wait(gate), .event(RelayTests.chunk("lo")),
                    .event(RelayTests.finish), .event("[DONE]"),
                ]) : ScriptedProvider.whole
        }
        let toml = ReloadedDaemon.table("p", provider, "key_file = \"key\"")
        let daemon = try ReloadedDaemon(toml, files: ["key": "old\nother"])
        // This request takes the first key, so that the stream gets the second.
        #expect(try daemon.generate("p/m").event == "result")
        let stream = try daemon.daemon.client()
        stream.send(#"{"id":1,"op":"stream","model":"p/m","prompt":"wait"}"#)
        #expect(try stream.next()?.event == "start")
        #expect(provider.calls.last?["authorization"] == "Bearer other")
        refusesOld.set(true)
        #expect(try daemon.generate("p/m").event == "result")
        #expect(try daemon.provider("p")?["last_error"] is String)

        // Fewer keys than before, while a request runs with the number of a removed one.
        try daemon.folder.write("key", "new")
        #expect(try daemon.reload(toml)["changed"] as? [String] == ["providers.p"])
        #expect(try daemon.provider("p")?["key"] as? String == "set")
        #expect(try daemon.generate("p/m").event == "result")
        #expect(provider.calls.last?["authorization"] == "Bearer new")
        let evidence = try daemon.model("p/m")?["evidence"] as? [String: [String: Any]]
        #expect(evidence?["reachable"]?["ok"] as? Bool == true)
        gate.open()
        #expect(try stream.frames().last?.event == "done")

        // The new key is refused: this concerns one provider's key and is reported once.
        try daemon.folder.write("key", "old")
        _ = try daemon.reload(toml)
        #expect(try daemon.generate("p/m").code == "authentication")
        #expect(try daemon.provider("p")?["key"] as? String == "refused")
        let told = daemon.daemon.logText.split(separator: "\n").filter { $0.contains("a key was refused") }
        #expect(told == Array(repeating: "<4>a key was refused ultra_key_number=1 ultra_provider=p", count: 2))
    }

    @Test("another host is another provider: nothing is known of it, and the old one is left alone")
    func newHost() throws {
        let (old, new) = (try ScriptedProvider.openAI(), try ScriptedProvider.openAI())
        let daemon = try ReloadedDaemon(ReloadedDaemon.table("p", old))
        #expect(try daemon.generate("p/gpt-4o").event == "result")
        let calls = old.requests.count
        new.answer("/v1/models", with: .hangBeforeHead)
        #expect(try daemon.reload(ReloadedDaemon.table("p", new)).event == "result")
        #expect(try daemon.model("p/gpt-4o") == nil)
        #expect(try daemon.generate("p/gpt-4o").event == "result")
        #expect(old.requests.count == calls)
        #expect(new.calls.count == 1)
    }

    @Test("probing begins and ends with the configuration")
    func probing() throws {
        let provider = try ScriptedProvider.openAI()
        func toml(_ more: String) -> String { ReloadedDaemon.table("p", provider, more) }
        let daemon = try ReloadedDaemon(toml("enabled = false"))
        #expect(provider.requests.isEmpty)
        #expect(try daemon.provider("p")?["state"] as? String == "disabled")
        #expect(try daemon.reload(toml("")).event == "result")
        _ = try provider.blockForRequest()
        _ = try daemon.ask("probe")
        #expect(try daemon.provider("p")?["state"] as? String == "available")
        #expect(try daemon.generate("p/gpt-4o").event == "result")
        #expect(try daemon.reload(toml("probe = \"none\"")).event == "result")
        let seen = provider.lists
        _ = try daemon.ask("probe")
        #expect(provider.lists == seen)
        #expect(try daemon.reload("").event == "result")
        #expect(try daemon.ask("status")["providers"] as? [[String: String]] == [])
    }

    @Test("models that only the configuration named come and go with it")
    func models() throws {
        let provider = try ScriptedProvider.openAI()
        let toml = ReloadedDaemon.table("p", provider, "probe = \"none\"")
        let daemon = try ReloadedDaemon(toml + "[models.\"p/one\"]\nweight = 2\n")
        #expect(try daemon.model("p/one") != nil)
        #expect(try daemon.reload(toml + "[models.\"p/two\"]\nweight = 2\n").event == "result")
        #expect(try daemon.model("p/one") == nil)
        #expect(try daemon.model("p/two") != nil)
    }

    @Test("a request that takes the place of another's timers has those of its time")
    func timeouts() throws {
        let provider = try ScriptedProvider()
        provider.list(["m"])
        provider.answer("/v1/chat/completions", with: .hangBeforeHead)
        func toml(_ wait: String) -> String {
            ReloadedDaemon.table("p", provider)
                + "[timeouts]\nslow_first_token = \"\(wait)\"\n[retry]\nper_candidate = 0\n"
        }
        let daemon = try ReloadedDaemon(toml("1h"))
        #expect(try daemon.reload(toml("100ms"))["changed"] as? [String] == ["timeouts.slow_first_token"])
        #expect(try daemon.generate("p/m").code == "timeout")
    }

    @Test("settings that need a restart give a warning at each reload")
    func fixed() throws {
        let daemon = try ReloadedDaemon("")
        let toml = "[daemon]\nstate_directory = \"/nonexistent/ultra\"\nsocket = \"/nonexistent/socket\"\n"
        // Both values come from option and environment, which override the file.
        #expect(try daemon.reload(toml)["warnings"] as? [String] == [])
        let folder = try TemporaryFolder("ultra-env")
        try folder.write("env", "")
        let process = try DaemonProcess(arguments: ["--env-file", "\(folder.path)/env"])
        let client = try process.client()
        try folder.write("env", "HTTPS_PROXY=http://127.0.0.1:1\nLOG_LEVEL=error\n")
        for _ in 0..<2 {
            let warnings = try client.ask(#"{"id":1,"op":"reload"}"#)["warnings"] as? [String] ?? []
            #expect(
                warnings.count == 1 && warnings[0].hasPrefix("proxies and trusted certificates stay"), "\(warnings)")
        }
    }

    @Test("subscribers get an event")
    func told() throws {
        let daemon = try ReloadedDaemon("")
        let watcher = try Watcher(daemon.daemon, "registry")
        _ = try daemon.reload("[retry]\nper_candidate = 1\n")
        let event = try watcher.next()
        #expect(event["reason"] as? String == "reload")
        #expect(event["changed"] as? [String] == ["retry.per_candidate"])
    }
}
