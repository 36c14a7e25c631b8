import Foundation
import ScriptedProvider
import Testing

@Suite("Deep probes")
struct DeepProbeTests {
    private func probe(_ script: Script) throws -> [String: Any] {
        let provider = try ScriptedProvider()
        provider.answer(RelayTests.path, with: script)
        // The daemon's own user is an administrator.
        let answer = try DaemonProcess(openai: provider).client()
            .ask(#"{"id":1,"op":"probe","model":"openai/gpt-4o","deep":true}"#)
        return try #require((answer["results"] as? [[String: Any]])?.first)
    }

    @Test("a model that does not answer is an error of the probe, whatever the free part found")
    func failure() throws {
        let result = try probe(.json("oops", status: 500))
        #expect((result["error"] as? [String: Any])?["code"] as? String == "upstream_error")
    }

    @Test("a model that answers has no failure")
    func success() throws {
        let result = try probe(.json(RelayTests.answer))
        #expect(result["error"] is NSNull)
        let evidence = result["evidence"] as? [String: [String: Any]]
        #expect(evidence?["generated"]?["ok"] as? Bool == true)
    }

    @Test("a body without end is given up")
    func endlessBody() throws {
        let endless = Script(
            headers: [("Content-Type", "application/json")],
            body: [.chunk(Array(#"{"choices":[{"message":{"content":""#.utf8))]
                + Array(repeating: .chunk(Array(repeating: UInt8(ascii: "x"), count: 256 << 10)), count: 8) + [.hang])
        let result = try probe(endless)
        #expect((result["error"] as? [String: Any])?["code"] as? String == "too_large")
    }

    @Test("it waits for a place at its provider, as every request does")
    func gate() throws {
        let gate = Gate()
        let provider = try ScriptedProvider.openAI(
            ScriptedProvider.whole.with { $0.body.insert(.wait(gate), at: 0) }, ScriptedProvider.whole)
        let scenario = try Scenario(["openai": provider], ["MAX_CONCURRENT_OPENAI": "1"])
        let held = scenario.send("generate", Scenario.fields(Scenario.gpt))
        try provider.blockForCalls(1)
        let other = try scenario.daemon.client()
        other.send(#"{"id":1,"op":"probe","model":"openai/gpt-4o-mini","deep":true}"#)
        var queued = 0
        while queued == 0 { queued = try scenario.provider("openai")["queued"] as? Int ?? 0 }
        #expect(provider.calls.count == 1)
        gate.open()
        #expect(try scenario.client.frames(held).last?.event == "result")
        let result = (try other.frames(1).last?["results"] as? [[String: Any]])?.first
        #expect(result?["error"] is NSNull)
        #expect(provider.calls.count == 2)
    }

    @Test("a provider that is a program needs no key: it is asked by its program")
    func command() throws {
        let docker = try StandInDocker(
            list: #"echo '[{"id":"sha256:1","tags":["ai/smollm2"]}]'"#, run: "cat > /dev/null; printf pong")
        let daemon = try DaemonProcess([
            "USE_MODEL_RUNNER": "true", "MODEL_RUNNER_TYPE": "cli", "PATH": docker.path + ":/usr/bin:/bin",
        ])
        let answer = try daemon.client().ask(#"{"id":1,"op":"probe","model":"docker/ai/smollm2","deep":true}"#)
        let result = try #require((answer["results"] as? [[String: Any]])?.first)
        #expect(result["error"] is NSNull, "\(result)")
        let evidence = result["evidence"] as? [String: [String: Any]]
        #expect(evidence?["generated"]?["ok"] as? Bool == true)
        #expect(try docker.calls().contains { $0.hasPrefix("model run") })
    }

    @Test("an answer ends the wait that the provider asked for, since the client wants to know")
    func endsWait() throws {
        let provider = try ScriptedProvider.openAI(.retryLater(.seconds(900)), ScriptedProvider.whole)
        let scenario = try Scenario(["openai": provider])
        #expect(try scenario.generate(Scenario.gpt).code == "rate_limited")
        let deep = try scenario.ask("probe", #""model":"\#(Scenario.gpt)","deep":true"#)
        #expect(((deep["results"] as? [[String: Any]])?.first)?["error"] is NSNull)
        #expect(try scenario.state(Scenario.gpt) == "available")
    }
}
