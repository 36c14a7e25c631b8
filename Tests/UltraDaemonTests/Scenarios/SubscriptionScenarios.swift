import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: probes and subscriptions")
struct SubscriptionScenarios {
    @Test("a snapshot of everything, then every change with consecutive numbers")
    func gapFree() throws {
        let openai = try ScriptedProvider.openAI()
        let scenario = try Scenario(["openai": openai, "mistral": try .mistral()])
        let health = try Watcher(scenario.daemon)
        let models = health.snapshot["models"] as? [[String: Any]] ?? []
        #expect(
            Set(models.compactMap { $0["id"] as? String }) == [Scenario.gpt, Scenario.mini, Scenario.codestral])
        #expect(models.allSatisfy { $0["state"] as? String == "available" })
        let providers = health.snapshot["providers"] as? [[String: Any]] ?? []
        #expect(providers.compactMap { $0["id"] as? String } == ["openai", "mistral"])

        let requests = try Watcher(scenario.daemon, "requests")
        for number in 0..<30 {
            let isBad = number % 3 == 2
            openai.answer(Scenario.chat, with: isBad ? .json("[]") : ScriptedProvider.whole)
            _ = try scenario.generate(Scenario.gpt, #""fallback":["\#(Scenario.codestral)"]"#)
            let began = try requests.next()
            #expect(began["phase"] as? String == "began")
            let ended = try requests.next()
            #expect(ended["phase"] as? String == "ended")
            #expect(ended["request"] as? Int == began["request"] as? Int)
            #expect(ended["model"] as? String == (isBad ? Scenario.codestral : Scenario.gpt))
            #expect(ended["error"] is NSNull)
            // The watcher checks the numbers of the changes in between.
            if isBad { try health.change(of: Scenario.gpt, to: "degraded") }
            if number % 3 == 0, number > 0 { try health.change(of: Scenario.gpt, to: "available") }
        }
    }

    @Test("a connection has at most sixteen subscriptions, and a new one fits once one has ended")
    func sixteen() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        let client = try daemon.client()
        for id in 1...16 {
            client.send(#"{"id":\#(id),"op":"subscribe","topics":["requests"]}"#)
            #expect(try client.next()?.event == "snapshot")
        }
        let refused = try client.ask(#"{"id":17,"op":"subscribe"}"#, id: 17)
        #expect(refused.code == "invalid_request")
        #expect((refused.error["message"] as? String)?.contains("16 subscriptions") == true)
        client.send(#"{"id":18,"op":"cancel","target":3}"#)
        while let frame = try client.next(), frame.id != 18 {}
        client.send(#"{"id":19,"op":"subscribe"}"#)
        while let frame = try client.next(), frame.event != "snapshot" { #expect(frame.id != 19) }
    }

    @Test("a user's subscriptions are limited over all connections, and a closed connection makes room again")
    func ofUser() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        func subscribe(_ client: Client, _ id: Int) throws -> Frame? {
            client.send(#"{"id":\#(id),"op":"subscribe","topics":["requests"]}"#)
            return try client.next()
        }
        var clients = try (0..<8).map { _ in try daemon.client() }
        for client in clients {
            for id in 1...16 { #expect(try subscribe(client, id)?.event == "snapshot") }
        }
        let next = try daemon.client()
        let refused = try subscribe(next, 1)
        #expect(refused?.code == "invalid_request")
        #expect((refused?.error["message"] as? String)?.contains("128 subscriptions of a user") == true)
        clients.removeLast()
        var id = 2
        while try subscribe(next, id)?.event != "snapshot" { id += 1 }
    }

    @Test("a reader that stops loses the whole subscription, never single events, and is told so")
    func fellBehind() throws {
        let openai = try ScriptedProvider.openAI()
        openai.list((0..<500).map { "gpt-4o-\($0)" })
        let scenario = try Scenario(["openai": openai])
        let slow = try scenario.daemon.client()
        slow.send(#"{"id":1,"op":"subscribe","topics":["requests"]}"#)
        // More output than the daemon keeps for one reader and the socket holds.
        for id in 2...9 { slow.send(#"{"id":\#(id),"op":"models"}"#) }
        let fast = try Watcher(scenario.daemon, "requests")
        for _ in 0..<5 { #expect(try scenario.generate("openai/gpt-4o-1").event == "result") }
        try fast.began(5)
        var numbers: [Int] = []
        var error: Frame?
        var results = 0
        while results < 8 || error == nil, let frame = try slow.next() {
            if frame.id == 1 { numbers += [frame["seq"] as? Int].compactMap { $0 } }
            if frame.id == 1, frame.isTerminal { error = frame }
            if frame.event == "result" { results += 1 }
        }
        #expect(error?.code == "fell_behind")
        #expect(numbers == Array(1..<(numbers.count + 1)))
        #expect(results == 8)
        // The connection stays usable: it may subscribe again.
        slow.send(#"{"id":1,"op":"subscribe","topics":["requests"]}"#)
        #expect(try slow.next()?.event == "snapshot")
    }

    @Test(
        "two probes at once make one list request, and one of them going away does not end it",
        arguments: [false, true])
    func singleFlight(vanishes: Bool) throws {
        let openai = try ScriptedProvider.openAI()
        let scenario = try Scenario(["openai": openai])
        let lists = openai.lists
        let gate = Gate()
        openai.answer(
            "/v1/models",
            with: ScriptedProvider.list(["gpt-4o", "gpt-4o-new"]).with { $0.body.insert(.wait(gate), at: 0) })
        var first: Client? = try scenario.daemon.client()
        let second = try scenario.daemon.client()
        for client in [first, second].compactMap({ $0 }) {
            client.send(#"{"id":1,"op":"probe","provider":"openai"}"#)
            // The ping is answered after the probe began: the probe is under way by then.
            #expect(try client.ask(#"{"id":2,"op":"ping"}"#, id: 2).event == "result")
        }
        if vanishes {
            first = nil
            // The daemon has noticed the disconnection when it counts one connection less.
            var open = 3
            while open > 2 {
                open = (try scenario.ask("status", "")["connections"] as? [String: Any])?["open"] as? Int ?? 0
            }
        }
        gate.open()
        for client in [first, second].compactMap({ $0 }) {
            let result = (try client.frames(1).last?["results"] as? [[String: Any]])?.first
            #expect(result?["state"] as? String == "available")
            #expect(result?["error"] is NSNull)
        }
        #expect(openai.lists == lists + 1)
        // The results of the abandoned probe count.
        #expect(try scenario.state("openai/gpt-4o-new") == "available")
    }

    @Test("a probe of all providers runs concurrently, and can be cancelled")
    func all() throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI()
        let mistral = try ScriptedProvider.mistral()
        let scenario = try Scenario(["openai": openai, "mistral": mistral])
        let lists = mistral.lists
        openai.answer(
            "/v1/models", with: ScriptedProvider.list(["gpt-4o"]).with { $0.body.insert(.wait(gate), at: 0) })
        let watcher = try Watcher(scenario.daemon)
        mistral.answer("/v1/models", with: Failures.badKey)
        let probe = scenario.send("probe", "")
        // Mistral's probe has ended, OpenAI's has not.
        try watcher.change(of: "mistral", to: "unauthorized")
        #expect(mistral.lists == lists + 1)
        // The operation ends although the list does not arrive.
        _ = try scenario.cancel(probe)
        gate.open()
    }
}
