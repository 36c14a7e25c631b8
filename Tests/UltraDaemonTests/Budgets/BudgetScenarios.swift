import Foundation
import ScriptedProvider
import Testing

@Suite("Budgets: the daemon keeps to them")
struct BudgetScenarios {
    private static func scenario(
        _ budgets: String, _ provider: ScriptedProvider, in folder: TemporaryFolder
    ) throws -> Scenario {
        try budgets.write(toFile: "\(folder.path)/ultrad.toml", atomically: true, encoding: .utf8)
        return try Scenario(
            ["openai": provider], ["STATE_DIRECTORY": folder.path, "CONFIGURATION_DIRECTORY": folder.path])
    }

    @Test("64 at once do not spend the same remainder: requests beyond it are refused before they are sent")
    func concurrent() throws {
        let folder = try TemporaryFolder("ultra-budget")
        let provider = try ScriptedProvider.openAI()
        // Each request reserves 1 token in and 9 out; its answer uses 5.
        let scenario = try Self.scenario("[[budgets]]\nuid = \(getuid())\ntokens_per_day = 200\n", provider, in: folder)
        for _ in 0..<64 { scenario.send("generate", Scenario.fields(Scenario.gpt, #""max_tokens":9"#)) }
        var answered = 0
        var refused: [Frame] = []
        while answered + refused.count < 64, let frame = try scenario.client.next() {
            if frame.event == "result" { answered += 1 } else { refused.append(frame) }
        }
        #expect(answered == provider.calls.count && answered >= 20 && answered <= 40)
        let error = try #require(refused.first)
        #expect(error.code == "quota_exceeded" && error.error["provider"] as? String == "ultrad")
        #expect((error.milliseconds ?? 0) > 0 && (error.milliseconds ?? .max) <= 86_400_000)
        #expect((error.error["hint"] as? String)?.contains("tokens_per_day") == true)
        let today = try scenario.ask("status", "")["today"] as? [String: Any]
        #expect(today?["requests"] as? Int == answered)
    }

    @Test("use survives kill -9, money and the minute's requests alike")
    func restart() throws {
        let folder = try TemporaryFolder("ultra-budget")
        let provider = try ScriptedProvider.openAI()
        // An answer costs 27.5, that is 28 micro-USD.
        let budgets = "[[budgets]]\nusd_per_day = 0.000028\n"
        do {
            let scenario = try Self.scenario(budgets, provider, in: folder)
            #expect(try scenario.generate(Scenario.gpt, #""max_tokens":1"#).event == "result")
            usleep(1_000_000)  // a crash may cost what the last second had
            scenario.daemon.signal(SIGKILL)
            _ = scenario.daemon.exitCode()
        }
        do {
            let scenario = try Self.scenario(budgets, provider, in: folder)
            #expect(try scenario.generate(Scenario.gpt, #""max_tokens":1"#).code == "quota_exceeded")
            scenario.daemon.signal(SIGKILL)
            _ = scenario.daemon.exitCode()
        }
        let minute = "[[budgets]]\nrequests_per_minute = 2\n"
        let scenario = try Self.scenario(minute, provider, in: folder)
        #expect(try scenario.generate(Scenario.gpt).event == "result")
        let refused = try scenario.generate(Scenario.gpt)
        #expect(refused.code == "rate_limited" && refused.error["provider"] as? String == "ultrad")
        #expect((refused.milliseconds ?? 0) > 0 && (refused.milliseconds ?? .max) <= 61_000)
        #expect(provider.calls.count == 2)
    }

    @Test("at once counts what is in flight, cancelled requests and streams among it, and embeddings ask too")
    func atOnce() throws {
        let folder = try TemporaryFolder("ultra-budget")
        let provider = try ScriptedProvider.openAI(.hangBeforeHead, ScriptedProvider.whole)
        let scenario = try Self.scenario("[[budgets]]\nat_once = 1\n", provider, in: folder)
        let hanging = scenario.send("stream", Scenario.fields(Scenario.gpt))
        try provider.blockForCalls(1)
        let refused = try scenario.generate(Scenario.gpt)
        #expect(refused.code == "rate_limited" && refused.milliseconds == 1000)
        let embedding = try scenario.ask("embed", #""model":"openai/text-embedding-3-small","input":["a"]"#)
        #expect(embedding.code == "rate_limited")
        scenario.send("cancel", #""target":\#(hanging)"#)
        #expect(try scenario.client.frames(hanging).last?.code == "cancelled")
        #expect(try scenario.generate(Scenario.gpt).event == "result")
        #expect(provider.calls.count == 2)
    }

    @Test("an answer of the cache counts as a request, and is given although the day's budget is exhausted")
    func cached() throws {
        let folder = try TemporaryFolder("ultra-budget")
        let provider = try ScriptedProvider.openAI()
        let minute = "[cache]\nenabled = true\n[[budgets]]\nrequests_per_minute = 3\n"
        let scenario = try Self.scenario(minute, provider, in: folder)
        #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "miss")
        for _ in 0..<2 { #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "hit") }
        #expect(try scenario.generate(Scenario.gpt).code == "rate_limited")
        #expect(try scenario.frames("stream", Scenario.fields(Scenario.gpt)).last?.code == "rate_limited")

        let other = try TemporaryFolder("ultra-budget")
        let day = "[cache]\nenabled = true\n[[budgets]]\ntokens_per_day = 10\n"
        let spent = try Self.scenario(day, provider, in: other)
        #expect(try spent.generate(Scenario.gpt, #""max_tokens":5"#)["cache"] as? String == "miss")
        #expect(try spent.generate(Scenario.gpt, #""max_tokens":9"#).code == "quota_exceeded")
        #expect(try spent.generate(Scenario.gpt, #""max_tokens":5"#)["cache"] as? String == "hit")
    }

    @Test("an answer from the cache's file counts as one of memory does")
    func cachedFile() throws {
        let folder = try TemporaryFolder("ultra-budget")
        let provider = try ScriptedProvider.openAI()
        let budgets = "[cache]\nenabled = true\n[[budgets]]\nrequests_per_minute = 2\n"
        do {
            let scenario = try Self.scenario(budgets, provider, in: folder)
            #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "miss")
            scenario.daemon.signal(SIGTERM)
            #expect(scenario.daemon.exitCode() == 0)
        }
        let scenario = try Self.scenario(budgets, provider, in: folder)
        #expect(try scenario.generate(Scenario.gpt)["cache"] as? String == "hit")
        #expect(try scenario.generate(Scenario.gpt).code == "rate_limited")
        #expect(provider.calls.count == 1)
    }

    @Test("requests that share another's call count as requests in flight")
    func coalesced() throws {
        let folder = try TemporaryFolder("ultra-budget")
        let provider = try ScriptedProvider.openAI(.hangBeforeHead, ScriptedProvider.whole)
        let budgets = "[cache]\nenabled = true\n[[budgets]]\nat_once = 2\n"
        let scenario = try Self.scenario(budgets, provider, in: folder)
        let first = scenario.send("generate", Scenario.fields(Scenario.gpt))
        try provider.blockForCalls(1)
        let second = scenario.send("generate", Scenario.fields(Scenario.gpt))
        let refused = try scenario.generate(Scenario.gpt)
        #expect(refused.code == "rate_limited")
        for id in [second, first] {
            scenario.send("cancel", #""target":\#(id)"#)
            #expect(try scenario.client.frames(id).last?.code == "cancelled")
        }
        #expect(try scenario.generate(Scenario.gpt).event == "result")
    }

    @Test(
        "a group's budget holds for its members by supplementary groups, before and after a restart",
        .enabled(if: LocalUser.canBeOthers, "needs root"))
    func members() throws {
        let folder = try TemporaryFolder("ultra-budget")
        // An answer of the echo to one word uses two tokens.
        let budgets = "[[budgets]]\ngid = 4242\ntokens_per_day = 5\n"
        try budgets.write(toFile: "\(folder.path)/ultrad.toml", atomically: true, encoding: .utf8)
        let environment = [
            "USE_MOCK": "true", "STATE_DIRECTORY": folder.path, "CONFIGURATION_DIRECTORY": folder.path,
        ]
        let request = #"{"id":1,"op":"generate","model":"mock/echo","prompt":"a","max_tokens":1}"#
        let primary = LocalUser(uid: 1234, gid: 4242)
        let member = LocalUser(uid: 1235, gid: 1235, groups: [27, 4242])
        let outsider = LocalUser(uid: 1235, gid: 1235, groups: [27])
        do {
            let daemon = try DaemonProcess(environment)
            #expect(try member.client(of: daemon).ask(request).event == "result")
            #expect(try primary.client(of: daemon).ask(request).event == "result")
            #expect(try member.client(of: daemon).ask(request).code == "quota_exceeded")
            #expect(try primary.client(of: daemon).ask(request).code == "quota_exceeded")
            #expect(try outsider.client(of: daemon).ask(request).event == "result")
            daemon.signal(SIGTERM)
            #expect(daemon.exitCode() == 0)
        }
        let daemon = try DaemonProcess(environment)
        #expect(try member.client(of: daemon).ask(request).code == "quota_exceeded")
        #expect(try outsider.client(of: daemon).ask(request).event == "result")
    }

    @Test("a budget for an unknown user is reported, and limits nobody")
    func unknown() throws {
        let folder = try TemporaryFolder("ultra-budget")
        let scenario = try Self.scenario(
            "[[budgets]]\nuser = \"no-such-user\"\nat_once = 0\n", try .openAI(), in: folder)
        #expect(try scenario.generate(Scenario.gpt).event == "result")
        #expect(scenario.daemon.logText.contains("no-such-user"))
    }

    /// A stream of `count` words without an end.
    private static func endless(_ count: Int) -> Script {
        .stream([.repeat(count: count, [.event(RelayTests.chunk("word "))]), .hang])
    }

    @Test("a stream that is cancelled, or given up by its client, has used what was delivered; after a restart as well")
    func cancelled() throws {
        let folder = try TemporaryFolder("ultra-budget")
        let provider = try ScriptedProvider.openAI(Self.endless(2000))
        let budget = "[[budgets]]\ntokens_per_day = 5500\n"
        do {
            let scenario = try Self.scenario(budget, provider, in: folder)
            let stream = scenario.send("stream", Scenario.fields(Scenario.gpt))
            var words = 0
            while words < 2000, let frame = try scenario.client.next() { if frame.text != nil { words += 1 } }
            scenario.send("cancel", #""target":\#(stream)"#)
            #expect(try scenario.client.frames(stream).last?.code == "cancelled")

            var vanishing: Client? = try scenario.daemon.client()
            vanishing?.send(#"{"id":1,"op":"stream",\#(Scenario.fields(Scenario.gpt))}"#)
            words = 0
            while words < 2000, let frame = try vanishing?.next() { if frame.text != nil { words += 1 } }
            vanishing = nil
            while try scenario.ask("status", "").inFlight != 0 {}
            // The use is twice 2,500, estimated from the bytes, and the input.
            #expect(try scenario.generate(Scenario.gpt, #""max_tokens":2000"#).code == "quota_exceeded")
            scenario.daemon.signal(SIGTERM)
            _ = scenario.daemon.exitCode()
        }
        let scenario = try Self.scenario(budget, provider, in: folder)
        #expect(try scenario.generate(Scenario.gpt, #""max_tokens":2000"#).code == "quota_exceeded")
        #expect(provider.calls.count == 2)
    }

    @Test("a whole stream whose count is left out has used what was delivered, and one that timed out its input")
    func uncounted() throws {
        let folder = try TemporaryFolder("ultra-budget")
        let whole = Script.stream(
            [.repeat(count: 2000, [.event(RelayTests.chunk("word "))]), .event(RelayTests.finish), .event("[DONE]")])
        let provider = try ScriptedProvider.openAI(whole, .hangBeforeHead, ScriptedProvider.whole)
        let scenario = try Self.scenario("[[budgets]]\ntokens_per_day = 4000\n", provider, in: folder)
        #expect(try scenario.ask("stream", Scenario.fields(Scenario.gpt)).event == "done")
        let prompt = String(repeating: "x", count: 4000)
        let late = try scenario.ask(
            "generate", Scenario.fields(Scenario.gpt, #""timeout_ms":200,"max_tokens":1"#, prompt: prompt))
        #expect(late.code == "timeout")
        // The stream used 2,500, estimated from its bytes, and the failed request 1,000: less than 500 are left.
        #expect(try scenario.generate(Scenario.gpt, #""max_tokens":500"#).code == "quota_exceeded")
        #expect(try scenario.generate(Scenario.gpt, #""max_tokens":400"#).event == "result")
    }

    @Test("an answer costs what the model costs that gave it")
    func otherModel() throws {
        let answer = RelayTests.answer.replacingOccurrences(
            of: #""model":"gpt-4o""#, with: #""model":"gpt-4o-2024-08-06""#)
        let provider = try ScriptedProvider.openAI(.json(answer))
        let scenario = try Scenario(["openai": provider])
        let honest = try scenario.generate(Scenario.gpt)["cost_usd"] as? Double
        let other = try scenario.generate(Scenario.mini)["cost_usd"] as? Double
        #expect(honest != nil && honest == other)
    }

    @Test("each call that an embed request becomes counts in the minute")
    func embedCalls() throws {
        let folder = try TemporaryFolder("ultra-budget")
        let budget = "[[budgets]]\nuid = \(getuid())\nrequests_per_minute = 4\n"
        try budget.write(toFile: "\(folder.path)/ultrad.toml", atomically: true, encoding: .utf8)
        func vectors(_ count: Int) -> Script {
            let data = (0..<count).map { #"{"index":\#($0),"embedding":[1]}"# }.joined(separator: ",")
            return .json(#"{"data":[\#(data)],"usage":{"prompt_tokens":\#(count)}}"#)
        }
        let mistral = try ScriptedProvider.mistral()
        // Mistral accepts 32 texts per request.
        mistral.answer("/v1/embeddings", inOrder: [vectors(32), vectors(32), vectors(1), vectors(1)])
        let scenario = try Scenario(
            ["mistral": mistral], ["STATE_DIRECTORY": folder.path, "CONFIGURATION_DIRECTORY": folder.path])
        func embed(_ count: Int) throws -> Frame {
            let texts = (0..<count).map { "\"t\($0)\"" }.joined(separator: ",")
            return try scenario.ask("embed", #""model":"mistral/mistral-embed","input":[\#(texts)]"#)
        }
        #expect(try embed(65).event == "result")
        #expect(try embed(1).event == "result")
        #expect(try embed(1).code == "rate_limited")
        #expect(mistral.calls.count == 4)
    }

    @Test(
        "options that have the provider charge another price are refused to whoever has a budget of money",
        arguments: [
            (#"{"service_tier":"priority"}"#, "service_tier", "usd_per_day = 1"),
            (#"{"speed":"fast"}"#, "speed", "usd_per_day = 1"),
            (#"{"web_search_options":{}}"#, "web_search_options", "usd_per_day = 1"),
            (#"{"service_tier":"flex"}"#, nil, "usd_per_day = 1"),
            (#"{"service_tier":"priority"}"#, nil, "tokens_per_day = 100000"),
        ])
    func dear(options: String, member: String?, limit: String) throws {
        let folder = try TemporaryFolder("ultra-budget")
        let scenario = try Self.scenario("[[budgets]]\nuid = \(getuid())\n\(limit)\n", try .openAI(), in: folder)
        let answer = try scenario.generate(Scenario.gpt, #""provider_options":{"openai":\#(options)}"#)
        #expect(answer.field == member.map { "provider_options.openai.\($0)" })
        #expect(answer.event == (member == nil ? "result" : "error"))
    }

    @Test("one request causes at most eight to providers, and each counts in the minute")
    func fallbacks() throws {
        let folder = try TemporaryFolder("ultra-budget")
        let provider = try ScriptedProvider.openAI(Failures.internalError)
        let models = (0..<16).map { #""openai/m\#($0)""# }.joined(separator: ",")
        do {
            let scenario = try Scenario(["openai": provider])
            let failed = try scenario.generate(Scenario.gpt, #""fallback":[\#(models)]"#)
            #expect(failed.event == "error" && provider.calls.count == 8)
        }
        let scenario = try Self.scenario("[[budgets]]\nrequests_per_minute = 5\n", provider, in: folder)
        #expect(try scenario.generate(Scenario.gpt, #""fallback":[\#(models)]"#).event == "error")
        #expect(provider.calls.count == 13)
        #expect(try scenario.generate(Scenario.gpt).code == "rate_limited")
    }
}

extension Frame {
    /// The budget in a result of `status`.
    fileprivate var inFlight: Int? { (object["requests"] as? [String: Any])?["in_flight"] as? Int }
}
