import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: rate limits")
struct RateLimitScenarios {
    struct Form: Sendable, CustomTestStringConvertible {
        let name: String
        var provider = "openai"
        var model = Scenario.gpt
        /// Created when it is needed, because it may contain a date.
        let script: @Sendable () -> Script
        var testDescription: String { name }
    }

    @Test(
        "a provider says when to come back: until then the model is rate_limited and nothing is sent",
        arguments: [
            Form(name: "seconds", script: { .retryLater(.seconds(30)) }),
            Form(name: "date", script: { .retryLater(.date(secondsFromNow: 30)) }),
            Form(name: "milliseconds", script: { .retryLater(.milliseconds(29_500)) }),
            Form(
                name: "OpenAI's reset",
                script: {
                    .retryLater(.openAIReset("29.5s")).with {
                        $0.headers.append(("x-ratelimit-remaining-requests", "0"))
                    }
                }),
            Form(
                name: "Anthropic's reset", provider: "anthropic", model: "anthropic/claude-sonnet-4-5",
                script: {
                    .retryLater(.anthropicReset(secondsFromNow: 30)).with {
                        $0.headers.append(("anthropic-ratelimit-requests-remaining", "0"))
                    }
                }),
            Form(
                name: "Google's RetryInfo", provider: "gemini", model: "gemini/gemini-2.5-flash",
                script: { .retryLater(.googleRetryInfo("29.5s")) }),
        ])
    func knownEnd(_ form: Form) throws {
        let upstream = try ScriptedProvider { request in
            request.method == "GET" ? Self.lists(form.provider) : form.script()
        }
        let scenario = try Scenario([form.provider: upstream])
        let watcher = try Watcher(scenario.daemon)
        let refused = try scenario.generate(form.model)
        #expect(refused.code == "rate_limited")
        #expect((28_000...30_000).contains(refused.milliseconds ?? 0), "\(refused.error)")
        #expect(refused.story == ["\(form.model) error rate_limited"])
        let event = try watcher.change(of: form.model, to: "rate_limited")
        #expect(event["reason"] as? String == "rate_limited")
        #expect(try scenario.model(form.model)["retry_at"] is String)

        for op in ["generate", "stream"] {
            let waiting = try scenario.ask(op, Scenario.fields(form.model))
            #expect(waiting.code == "rate_limited")
            #expect((1...30_000).contains(waiting.milliseconds ?? 0))
            #expect(waiting.story == ["\(form.model) skipped rate_limited"])
        }
        #expect(upstream.calls.count == 1)
    }

    static func lists(_ provider: String) -> Script {
        switch provider {
        case "anthropic": .json(#"{"data":[{"type":"model","id":"claude-sonnet-4-5"}],"has_more":false}"#)
        case "gemini":
            .json(
                #"{"models":[{"name":"models/gemini-2.5-flash","supportedGenerationMethods":["generateContent"]}]}"#)
        default: ScriptedProvider.list(["gpt-4o"])
        }
    }

    @Test(
        "without a known end the model stays usable and is asked again with growing pauses",
        arguments: [
            Form(name: "none", script: { .retryLater(.none) }),
            Form(name: "garbage", script: { .retryLater(.garbage("soon")) }),
            Form(name: "negative", script: { .retryLater(.garbage("-5")) }),
            Form(name: "endless", script: { .retryLater(.garbage("99999999999999999999999")) }),
        ])
    func unknownEnd(_ form: Form) throws {
        let openai = try ScriptedProvider.openAI(form.script())
        let scenario = try Scenario(["openai": openai])
        let refused = try scenario.generate(Scenario.gpt)
        #expect(refused.code == "rate_limited")
        #expect(refused.milliseconds == nil)
        #expect(refused.story == Array(repeating: "openai/gpt-4o error rate_limited", count: 3))
        #expect(try scenario.state(Scenario.gpt) == "available")
        #expect(try scenario.model(Scenario.gpt)["retry_at"] is NSNull)
    }

    @Test("every request to that model waits out a short cool-down, whose end is reported")
    func shortWait() throws {
        let openai = try ScriptedProvider.openAI(.retryLater(.milliseconds(400)), ScriptedProvider.whole)
        let scenario = try Scenario(["openai": openai])
        let watcher = try Watcher(scenario.daemon)
        let first = scenario.send("generate", Scenario.fields(Scenario.gpt))
        try watcher.change(of: Scenario.gpt, to: "rate_limited")
        // Another client, to which no wait was reported.
        let other = try Client(scenario.daemon.socketPath)
        let second = try other.ask(#"{"id":1,"op":"generate",\#(Scenario.fields(Scenario.gpt))}"#)
        #expect(second.story == ["openai/gpt-4o ok"])
        let firstStory = try scenario.client.frames(first).last?.story
        #expect(firstStory == ["openai/gpt-4o error rate_limited", "openai/gpt-4o ok"])
        let calls = openai.calls
        #expect(calls.count == 3)
        for call in calls.dropFirst() { #expect(call.receivedAt - calls[0].receivedAt >= .milliseconds(399)) }
        try watcher.change(of: Scenario.gpt, to: "available")
    }

    @Test("an answer that was on its way when the provider asked to wait does not end the wait")
    func straggler() throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI(
            ScriptedProvider.whole.with { $0.body.insert(.wait(gate), at: 0) }, .retryLater(.seconds(60)),
            ScriptedProvider.whole)
        let scenario = try Scenario(["openai": openai])
        let slow = scenario.send("generate", Scenario.fields(Scenario.gpt))
        try openai.blockForCalls(1)
        let other = try Client(scenario.daemon.socketPath)
        let ask = #"{"id":1,"op":"generate",\#(Scenario.fields(Scenario.gpt))}"#
        #expect(try other.ask(ask).code == "rate_limited")
        gate.open()
        #expect(try scenario.client.frames(slow).last?.event == "result")
        #expect(try other.ask(ask).story == ["openai/gpt-4o skipped rate_limited"])
        #expect(openai.calls.count == 2)
    }

    @Test("a probe that the first list makes wait ends the wait of a model that was asked for before it")
    func listUnderWay() throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI(.retryLater(.seconds(60)), ScriptedProvider.whole)
        openai.answer("/v1/models", with: ScriptedProvider.list(["gpt-4o"]).with { $0.body.insert(.wait(gate), at: 0) })
        let daemon = try DaemonProcess(Scenario.environment(["openai": openai]))
        let client = try daemon.client()
        let fields = Scenario.fields(Scenario.gpt)
        #expect(try client.ask(#"{"id":1,"op":"generate",\#(fields)}"#).code == "rate_limited")
        client.send(#"{"id":2,"op":"probe","model":"\#(Scenario.gpt)"}"#)
        _ = try client.ask(#"{"id":3,"op":"ping"}"#, id: 3)
        gate.open()
        #expect(try client.frames(2).last?.event == "result")
        #expect(try client.ask(#"{"id":4,"op":"generate",\#(fields)}"#, id: 4).event == "result")
        #expect(openai.calls.count == 2)
    }

    @Test("a fallback that is ready does not wait, and the attempts name the skipped candidates with the reason")
    func fallback() throws {
        let openai = try ScriptedProvider.openAI(.retryLater(.seconds(10)))
        let mistral = try ScriptedProvider.mistral()
        let scenario = try Scenario(["openai": openai, "mistral": mistral])
        let list = #""fallback":["\#(Scenario.codestral)"]"#
        #expect(
            try scenario.generate(Scenario.gpt, list).story
                == ["openai/gpt-4o error rate_limited", "mistral/codestral-2508 ok"])
        #expect(
            try scenario.generate(Scenario.gpt, list).story
                == ["openai/gpt-4o skipped rate_limited", "mistral/codestral-2508 ok"])
        #expect(openai.calls.count == 1)
        // Without a fallback, and with less time than the wait, the error comes at once.
        let late = try scenario.generate(Scenario.gpt, #""timeout_ms":2000"#)
        #expect(late.code == "rate_limited")
        #expect(openai.calls.count == 1)
    }
}
