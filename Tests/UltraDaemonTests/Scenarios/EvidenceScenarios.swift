import Foundation
import ScriptedProvider
import Testing

/// Failures of single requests: their details go to the client concerned, and count against a model only when other
/// requests fail too.
@Suite("Scenarios: one request's failure")
struct EvidenceScenarios {
    private static let secret = "the lighthouse keeper's name is Ines"

    /// A stream whose only event is not JSON behind `content`.
    private static func stream(_ content: String) -> Script {
        let event = #"data: {"choices":[{"index":0,"delta":{"content":"\#(content)"},,}]}"# + "\n\n"
        return Script(headers: [("Content-Type", "text/event-stream")], body: [.chunk(Array(event.utf8))])
    }

    @Test("an excerpt of a reply goes only to the client whose reply it was")
    func excerpt() throws {
        let folder = try TemporaryFolder("ultra-state")
        let openai = try ScriptedProvider.openAI(Self.stream(Self.secret))
        let scenario = try Scenario(["openai": openai], ["STATE_DIRECTORY": folder.path])
        let watcher = try Watcher(scenario.daemon)
        for _ in 0..<2 {
            let own = try scenario.ask("stream", Scenario.fields(Scenario.gpt))
            #expect(own.error["attempts"] != nil)
        }
        try watcher.change(of: Scenario.gpt, to: "unavailable")
        let client = try scenario.daemon.client()
        let other = try client.ask(#"{"id":1,"op":"generate",\#(Scenario.fields(Scenario.gpt, prompt: "other"))}"#)
        #expect(other.code == "no_model_available")
        let status = try client.ask(#"{"id":2,"op":"status"}"#, id: 2)
        let models = try client.ask(#"{"id":3,"op":"models"}"#, id: 3)
        for frame in [other, status, models] {
            let text = String(decoding: try JSONSerialization.data(withJSONObject: frame.object), as: UTF8.self)
            #expect(!text.contains("Ines"), "\(text)")
        }
        scenario.daemon.signal(SIGTERM)
        #expect(scenario.daemon.exitCode() == 0)
        #expect(!scenario.daemon.logText.contains("Ines"))
        #expect(!(try String(contentsOfFile: "\(folder.path)/registry.json", encoding: .utf8)).contains("Ines"))
    }

    @Test(
        "a firewall's page, or a refusal without an error code, takes the model from nobody",
        arguments: [
            Script(
                status: 403, headers: [("Content-Type", "text/html")],
                body: [.chunk(Array("<!DOCTYPE html><title>Blocked</title>".utf8))]),
            .json(#"{"error":{"message":"not allowed from here","type":"forbidden"}}"#, status: 403),
            .json(#"{"error":{"message":"no such thing","type":"invalid_request_error"}}"#, status: 400),
            .json("<html>", status: 413), .json(#"{"detail":"no"}"#, status: 422),
        ])
    func refusedPrompt(_ refusal: Script) throws {
        let openai = try ScriptedProvider { request in
            if request.method == "GET" { return ScriptedProvider.list(["gpt-4o"]) }
            return request.bodyText.contains("forbidden fruit") ? refusal : ScriptedProvider.whole
        }
        let scenario = try Scenario(["openai": openai])
        for number in 0..<3 {
            let refused = try scenario.ask(
                "generate", Scenario.fields(Scenario.gpt, prompt: "forbidden fruit \(number)"))
            #expect(refused.event == "error")
            #expect(try scenario.state(Scenario.gpt) == "available")
            #expect(try scenario.generate(Scenario.gpt).event == "result")
        }
    }

    @Test(
        "failures caused by a client's own options blame no provider",
        arguments: [
            .json(#"{"error":{"message":"no model","code":"model_not_found"}}"#, status: 404),
            .json(#"{"error":{"message":"no access","code":"permission_denied"}}"#, status: 403),
            .json(#"{"error":{"message":"bad key","code":"invalid_api_key"}}"#, status: 401),
            .json(#"{"error":{"message":"quota","code":"insufficient_quota"}}"#, status: 429),
            .json(#"{"error":{"message":"oops"}}"#, status: 500),
        ] as [Script])
    func shaped(_ refusal: Script) throws {
        let openai = try ScriptedProvider { request in
            if request.method == "GET" { return ScriptedProvider.list(["gpt-4o"]) }
            return request.bodyText.contains("odd_option") ? refusal : ScriptedProvider.whole
        }
        let scenario = try Scenario(["openai": openai])
        for number in 0..<6 {
            let shaped = try scenario.ask(
                "generate",
                Scenario.fields(
                    Scenario.gpt, #""provider_options":{"openai":{"odd_option":1}},"fallback":false,"timeout_ms":2000"#,
                    prompt: "\(number)"))
            #expect(shaped.event == "error")
        }
        #expect(try scenario.state(Scenario.gpt) == "available")
        #expect(try scenario.generate(Scenario.gpt).event == "result")
    }

    @Test("an exhausted quota is reported while it lasts, and a probe of the model ends it")
    func quota() throws {
        let openai = try ScriptedProvider.openAI(
            .json(#"{"error":{"message":"You exceeded your quota","code":"insufficient_quota"}}"#, status: 429),
            ScriptedProvider.whole)
        let scenario = try Scenario(["openai": openai])
        #expect(try scenario.generate(Scenario.gpt).code == "quota_exceeded")
        let waiting = try scenario.generate(Scenario.gpt)
        #expect(waiting.code == "quota_exceeded")
        #expect(waiting.story == ["openai/gpt-4o skipped quota_exceeded"])
        #expect(try scenario.state(Scenario.gpt) == "quota_exceeded")
        _ = try scenario.ask("probe", #""model":"\#(Scenario.gpt)""#)
        #expect(try scenario.generate(Scenario.gpt).event == "result")
    }

    @Test("a probe of the model ends a wait the provider asked for; a probe of the provider does not")
    func askedWait() throws {
        let openai = try ScriptedProvider.openAI(.retryLater(.seconds(600)), ScriptedProvider.whole)
        let scenario = try Scenario(["openai": openai])
        #expect(try scenario.generate(Scenario.gpt).code == "rate_limited")
        _ = try scenario.probe("openai")
        #expect(try scenario.state(Scenario.gpt) == "rate_limited")
        _ = try scenario.ask("probe", #""model":"\#(Scenario.gpt)""#)
        #expect(try scenario.state(Scenario.gpt) == "available")
        #expect(try scenario.generate(Scenario.gpt).event == "result")
    }

    @Test("a key that may generate but not list: requests go on, and the list's refusal is a notice")
    func listRefused() throws {
        let isRefused = Switch(false)
        let openai = try ScriptedProvider { request in
            guard request.method == "GET" else { return ScriptedProvider.whole }
            return isRefused.get() ? Failures.badKey : ScriptedProvider.list(["gpt-4o"])
        }
        let scenario = try Scenario(["openai": openai])
        isRefused.set(true)
        // The daemon has requested nothing but the list so far.
        #expect(try scenario.probe("openai")["state"] as? String == "unauthorized")
        #expect(try scenario.generate(Scenario.gpt).event == "result")
        #expect(try scenario.provider("openai")["state"] as? String == "available")
        #expect(try scenario.probe("openai")["state"] as? String == "available")
        let provider = try scenario.provider("openai")
        #expect(provider["key"] as? String == "set")
        #expect((provider["notices"] as? [String])?.first?.hasPrefix("list_refused: ") == true)
        isRefused.set(false)
        _ = try scenario.probe("openai")
        #expect(try scenario.provider("openai")["notices"] == nil)
    }

    @Test("a local server that was not running is reached by the next request, however often it failed before")
    func absentServer() throws {
        let openai = try ScriptedProvider.openAI(ScriptedProvider.whole.then(.close))
        openai.answer("/v1/models", with: ScriptedProvider.list(["gpt-4o"]).then(.close))
        let scenario = try Scenario(["openai": openai])
        try openai.refuse()
        for _ in 0..<4 { #expect(try scenario.generate(Scenario.gpt).code == "connect_failed") }
        try openai.listenAgain()
        #expect(try scenario.generate(Scenario.gpt).story == ["openai/gpt-4o ok"])
        #expect(try scenario.state(Scenario.gpt) == "available")
    }

    @Test("a reply beyond a limit of the daemon is reported once, and no provider is blamed", arguments: [false, true])
    func tooLarge(isStream: Bool) throws {
        let long = String(repeating: "x", count: 2 << 20)
        let document = #"{"choices":[{"message":{"content":"\#(long)"},"finish_reason":"stop"}]}"#
        let event = #"data: {"choices":[{"delta":{"content":"\#(long)"}}]}"# + "\n\n"
        let script =
            isStream
            ? Script(headers: [("Content-Type", "text/event-stream")], body: [.chunk(Array(event.utf8))])
            : .json(document)
        let openai = try ScriptedProvider.openAI(script)
        let scenario = try Scenario(
            ["openai": openai], file: "[limits]\nevent_bytes = \"1MiB\"\nreply_bytes = \"1MiB\"\n")
        for number in 1...5 {
            let refused = try scenario.ask(isStream ? "stream" : "generate", Scenario.fields(Scenario.gpt))
            #expect(refused.code == "too_large")
            #expect(
                (refused.error["hint"] as? String)?.contains("limits.\(isStream ? "event" : "reply")_bytes") == true)
            #expect(refused.error["retryable"] as? Bool == false)
            #expect(openai.calls.count == number)
        }
        openai.answer(Scenario.chat, with: ScriptedProvider.whole)
        #expect(try scenario.generate(Scenario.gpt).event == "result")
    }

    @Test("an answer longer than a frame is reported as such; streamed, it comes in frames that fit")
    func longerThanFrame() throws {
        let text = String(repeating: "é\\n", count: 100_000)
        let openai = try ScriptedProvider.openAI(
            .json(#"{"choices":[{"message":{"content":"\#(text)"},"finish_reason":"stop"}]}"#))
        let scenario = try Scenario(["openai": openai], file: "[limits]\nframe_bytes = \"64KiB\"\n")
        let refused = try scenario.generate(Scenario.gpt)
        #expect(refused.code == "too_large")
        #expect((refused.error["hint"] as? String)?.contains("limits.frame_bytes") == true)
        let frames = try scenario.frames("stream", Scenario.fields(Scenario.gpt))
        #expect(frames.last?.event == "done")
        #expect(frames.compactMap { $0["text"] as? String }.joined() == String(repeating: "é\n", count: 100_000))
        #expect(openai.calls.count == 2)
    }
}
