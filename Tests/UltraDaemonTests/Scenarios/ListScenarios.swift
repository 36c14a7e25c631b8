import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: lists of models")
struct ListScenarios {
    @Test(
        "a list that is no list is a failed probe, and changes nothing",
        arguments: [
            "<!DOCTYPE html><title>Sign in</title>", #"{"error":{"message":"no backend"}}"#,
            #"{"success":false,"message":"expired"}"#, #"{"data":[{"id":"x"}],"error":"partial"}"#, "", "null", "7",
            #""gpt-4o""#, "{}", #"{"object":"list"}"#, #"{"data":"gpt-4o"}"#, #"{"data":[{"id":"x"},]}"#,
            #"{"data":[{"id":"x"}]} more"#, #"{"data":[{"id":"x"}"#,
        ])
    func noList(_ text: String) throws {
        let openai = try ScriptedProvider.openAI()
        let scenario = try Scenario(["openai": openai])
        openai.answer("/v1/models", with: .json(text))
        for _ in 0..<3 {
            let result = try scenario.probe("openai")
            #expect((result["error"] as? [String: Any])?["code"] as? String == "upstream_protocol")
            #expect(result["state"] as? String == "available")
        }
        #expect(try scenario.provider("openai")["models"] as? Int == 2)
        #expect(try scenario.state(Scenario.gpt) == "available")
        #expect(try scenario.generate(Scenario.gpt).event == "result")
        // Only such a list was ever received, so the provider does not count as healthy.
        let fresh = try Scenario(["openai": openai])
        #expect(try fresh.provider("openai")["state"] as? String == "degraded")
        #expect(try fresh.generate(Scenario.gpt).event == "result")
        #expect(try fresh.provider("openai")["state"] as? String == "available")
    }

    @Test(
        "lists as servers write them",
        arguments: [
            (#"[{"id":"a"},{"id":"b"}]"#, ["a", "b"]), (#"{"data":[{"id":"a"}],"error":null}"#, ["a"]),
            (#"{"data":[{"id":5},{"id":null},{"id":""},{},7,{"id":"a"}]}"#, ["5", "a"]),
            (#"{"object":"list","models":[{"name":"a","model":"a"}]}"#, ["a"]), (#"{"data":null}"#, []),
            ("\u{FEFF}{\"data\":[{\"id\":\"a\"}]}", ["a"]), (#"{"success":true,"data":[]}"#, []),
        ] as [(String, [String])])
    func forms(_ text: String, _ names: [String]) throws {
        let openai = try ScriptedProvider.openAI()
        openai.answer("/v1/models", with: .json(text))
        let scenario = try Scenario(["openai": openai])
        let models = try scenario.ask("models", "")["models"] as? [[String: Any]]
        #expect(models?.compactMap { $0["name"] as? String } == names)
        #expect((try scenario.provider("openai")["last_probe"] as? [String: Any])?["ok"] as? Bool == true)
    }

    @Test("a model named in full is asked whatever the list says, with a warning until it has answered")
    func notListed() throws {
        let scenario = try Scenario(["openai": try .openAI()])
        let first = try scenario.generate("openai/gpt-9")
        #expect(first.event == "result")
        #expect(first["warnings"] as? [String] == ["not_listed: openai does not list gpt-9"])
        let second = try scenario.generate("openai/gpt-9")
        #expect((second["warnings"] as? [String] ?? []).isEmpty)
        #expect((try scenario.generate(Scenario.gpt)["warnings"] as? [String] ?? []).isEmpty)
    }

    @Test("the error for an unknown name names the lists that could not be read")
    func unreadLists() throws {
        let mistral = try ScriptedProvider.mistral()
        mistral.answer("/v1/models", with: Failures.internalError)
        let anthropic = try ScriptedProvider { request in
            request.method == "GET" ? .hangBeforeHead : ScriptedProvider.whole
        }
        let providers = ["openai": try ScriptedProvider.openAI(), "mistral": mistral]
        let scenario = try Scenario(providers)
        let message = try scenario.generate("gpt-17").error["message"] as? String
        #expect(message == "no model is called gpt-17; but the list of mistral could not be read (upstream_error)")
        let daemon = try DaemonProcess(Scenario.environment(["anthropic": anthropic]))
        let early = try daemon.client().ask(#"{"id":1,"op":"generate","model":"gpt-17","prompt":"hi"}"#)
        #expect(
            early.error["message"] as? String
                == "no model is called gpt-17; but the list of anthropic is still being read")
    }

    @Test("however many ask for a probe, the provider is asked once a second, and an outcome serves for two")
    func probeRate() throws {
        let openai = try ScriptedProvider.openAI()
        let daemon = try DaemonProcess(Scenario.environment(["openai": openai]))
        let client = try daemon.client()
        _ = try client.ask(#"{"id":1,"op":"probe","provider":"openai"}"#)
        let start = ContinuousClock.now
        for _ in 0..<300 { #expect(try client.ask(#"{"id":1,"op":"probe","provider":"openai"}"#).event == "result") }
        let seconds = Int((ContinuousClock.now - start) / .seconds(1))
        #expect(openai.lists <= 2 + seconds)
        // Something has failed since: a probe follows, but not at once.
        openai.answer(Scenario.chat, with: Failures.internalError)
        let lists = openai.lists
        _ = try client.ask(#"{"id":1,"op":"generate",\#(Scenario.fields(Scenario.gpt))}"#)
        for _ in 0..<20 { _ = try client.ask(#"{"id":1,"op":"probe","provider":"openai"}"#) }
        #expect(openai.lists == lists + 1)
    }

    @Test("requests about single models delay neither the list nor the other models")
    func details() throws {
        let ollama = try ScriptedProvider { request in
            switch request.path {
            case "/api/tags":
                .json(#"{"models":[\#((0..<12).map { #"{"name":"m\#($0):1b"}"# }.joined(separator: ","))]}"#)
            case "/api/show" where request.bodyText.contains("m3:"): .hangBeforeHead
            default: .json(#"{"capabilities":["completion","tools"]}"#)
            }
        }
        let scenario = try Scenario([:], ["OLLAMA_HOST": ollama.url])
        let models = try scenario.ask("models", "")["models"] as? [[String: Any]] ?? []
        #expect(models.count == 12)
        let known = models.filter { ($0["capabilities"] as? [String])?.contains("tools") == true }
        #expect(known.count == 11)
        // Another probe does not repeat requests that are in flight.
        _ = try scenario.probe("ollama")
        #expect(ollama.requests.count { $0.path == "/api/show" && $0.bodyText.contains("m3:") } == 1)
    }

    @Test("20,000 models: listed, reported, requested, not found, stored and restored")
    func many() throws {
        let folder = try TemporaryFolder("ultra-state")
        let count = 20_000
        let names = (0..<count).map { "maker\($0 % 97)/a-model-whose-name-is-rather-long-\($0)" }
        let openai = try ScriptedProvider.openAI()
        openai.list(names)
        let environment = Scenario.environment(["openai": openai]).merging(["STATE_DIRECTORY": folder.path]) { $1 }
        do {
            let daemon = try DaemonProcess(environment)
            let client = try daemon.client()
            _ = try client.ask(#"{"id":1,"op":"probe","provider":"openai"}"#)
            let models = try client.ask(#"{"id":2,"op":"models","provider":"openai"}"#, id: 2)
            #expect((models["models"] as? [[String: Any]])?.count == count)
            let asked = try client.ask(#"{"id":3,"op":"generate","model":"\#(names[777])","prompt":"hi"}"#, id: 3)
            #expect(asked.event == "result", "\(asked.object)")
            let wrong = try client.ask(
                #"{"id":4,"op":"generate","model":"maker5/a-model-whose-name-is-rather-long-x","prompt":"hi"}"#, id: 4)
            #expect(wrong.code == "model_not_found")
            #expect((wrong.error["hint"] as? String)?.hasPrefix("did you mean ") == true)
            daemon.signal(SIGTERM)
            #expect(daemon.exitCode() == 0)
        }
        openai.answer("/v1/models", with: .hangBeforeHead)
        let client = try DaemonProcess(environment).client()
        let asked = try client.ask(#"{"id":3,"op":"generate","model":"\#(names[777])","prompt":"hi"}"#, id: 3)
        #expect(asked.event == "result", "\(asked.object)")
    }
}
