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

    @Test("64 at once do not spend the same rest: those beyond it are refused before they are sent")
    func concurrent() throws {
        let folder = try TemporaryFolder("ultra-budget")
        let provider = try ScriptedProvider.openAI()
        // Of each 1 token in and 9 out are reserved; the answer uses 5.
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

    @Test("what was used is used after kill -9, money and the minute's requests alike")
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

    @Test("what the cache answers counts as a request, and not against a day that is used up")
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

    @Test("a budget for a user nobody knows is said, and bounds nobody")
    func unknown() throws {
        let folder = try TemporaryFolder("ultra-budget")
        let scenario = try Self.scenario(
            "[[budgets]]\nuser = \"no-such-user\"\nat_once = 0\n", try .openAI(), in: folder)
        #expect(try scenario.generate(Scenario.gpt).event == "result")
        #expect(scenario.daemon.logText.contains("no-such-user"))
    }
}
