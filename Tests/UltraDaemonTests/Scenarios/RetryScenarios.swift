import Foundation
import ScriptedProvider
import Testing

/// Requests that are retried or not, as the client sees them.
@Suite("Scenarios: retries")
struct RetryScenarios {
    struct Failure: Sendable, CustomTestStringConvertible {
        let name: String
        let script: Script
        var code = ""
        /// True if a fallback may answer a request that this provider refuses.
        var movesOn = false
        var testDescription: String { name }

        static func status(_ status: Int, _ code: String = "", _ body: String = "{}", movesOn: Bool = false) -> Failure
        {
            Failure(name: "\(status) \(code)", script: .json(body, status: status), code: code, movesOn: movesOn)
        }
    }

    @Test(
        "a temporary failure is retried on the same model, unseen by the client",
        arguments: [
            .status(408), .status(409), .status(425), .status(429), .status(500), .status(502), .status(503),
            .status(504), .status(529),
            Failure(name: "closed before the head", script: .closeBeforeHead),
            Failure(name: "reset before the head", script: .resetBeforeHead),
            Failure(name: "not HTTP", script: .notHTTP),
            Failure(name: "cut before the first content", script: .stream([.event(RelayTests.role), .close])),
            Failure(name: "reset before the first content", script: .stream([.event(RelayTests.role), .reset])),
            Failure(name: "lies before the first content", script: .stream([.event(RelayTests.role), .event("{]")])),
            Failure(name: "an empty answer", script: .json("")),
            Failure(
                name: "an error event before the first content",
                script: .events([RelayTests.role, #"{"error":{"message":"oops","type":"server_error"}}"#])),
        ] as [Failure], ["generate", "stream"])
    func retried(_ failure: Failure, op: String) throws {
        let openai = try ScriptedProvider.openAI(failure.script, ScriptedProvider.whole)
        let scenario = try Scenario(["openai": openai])
        let frames = try scenario.frames(op, Scenario.fields(Scenario.gpt))
        #expect(frames.map(\.event) == (op == "stream" ? ["start", "delta", "done"] : ["result"]))
        #expect(frames.compactMap(\.text).joined() == "hello there")
        let story = frames.last?.story ?? []
        #expect(story.last == "openai/gpt-4o ok")
        // A kept-alive connection that dies before any byte of the reply is replaced silently.
        #expect(story.count == 2 || failure.name.hasSuffix("before the head"), "\(story)")
        #expect(openai.calls.count == 2)
    }

    @Test(
        "a lasting failure is not retried, and a fallback is asked only where it may differ",
        arguments: [
            .status(400, "bad_request"),
            .status(401, "authentication", movesOn: true),
            .status(402, "quota_exceeded", movesOn: true),
            .status(403, "permission_denied", movesOn: true),
            .status(404, "bad_request"),
            .status(404, "model_not_found", #"{"error":{"message":"no such model"}}"#, movesOn: true),
            .status(422, "bad_request"),
            .status(400, "content_filtered", #"{"error":{"message":"no","code":"content_filter"}}"#),
            .status(400, "context_length", #"{"error":{"message":"long","code":"context_length_exceeded"}}"#),
            .status(429, "quota_exceeded", #"{"error":{"message":"pay","code":"insufficient_quota"}}"#, movesOn: true),
        ] as [Failure], ["generate", "stream"])
    func notRetried(_ failure: Failure, op: String) throws {
        let openai = try ScriptedProvider.openAI(failure.script)
        let mistral = try ScriptedProvider.mistral()
        let scenario = try Scenario(["openai": openai, "mistral": mistral])
        let list = #""fallback":["\#(Scenario.codestral)"]"#
        let last = try scenario.ask(op, Scenario.fields(Scenario.gpt, list))
        let first = "openai/gpt-4o error \(failure.code)"
        #expect(last.story == (failure.movesOn ? [first, "mistral/codestral-2508 ok"] : [first]))
        #expect(openai.calls.count == 1)
        #expect(mistral.calls.count == (failure.movesOn ? 1 : 0))
        if !failure.movesOn { #expect(last.code == failure.code) }
    }

    @Test(
        "after the first content nothing is tried again: the stream ends in an error that says how much there was",
        arguments: [
            Step.close, .event("{]"),
            .event(#"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#),
        ])
    func committed(end: Step) throws {
        let openai = try ScriptedProvider.openAI(.stream([.event(RelayTests.chunk("Hel")), end]))
        let mistral = try ScriptedProvider.mistral()
        let scenario = try Scenario(["openai": openai, "mistral": mistral], ["OPENAI_API_KEY": "one,two"])
        let frames = try scenario.frames(
            "stream", Scenario.fields(Scenario.gpt, #""fallback":["\#(Scenario.codestral)"]"#))
        #expect(frames.map(\.event) == ["start", "delta", "error"])
        #expect(frames.last?.story.count == 1)
        #expect(openai.calls.count == 1)
        #expect(mistral.calls.isEmpty)
    }

    @Test("restart mid-stream on request: the next candidate starts over, and the client discards the text so far")
    func restart() throws {
        let openai = try ScriptedProvider { request in
            if request.method == "GET" { return ScriptedProvider.list(["gpt-4o", "gpt-4o-mini"]) }
            return .stream([.event(RelayTests.chunk("Hel")), .close])
        }
        let mistral = try ScriptedProvider.mistral()
        let scenario = try Scenario(["openai": openai, "mistral": mistral])
        let list = #""fallback":["\#(Scenario.codestral)","\#(Scenario.mini)"],"fallback_mid_stream":"restart""#
        let frames = try scenario.frames("stream", Scenario.fields(Scenario.gpt, list))
        #expect(frames.map(\.event) == ["start", "delta", "restart", "start", "delta", "done"])
        #expect(frames[3]["provider"] as? String == "mistral")
        #expect(frames[4].text == "hello there")
        #expect(frames.last?.story == ["openai/gpt-4o error stream_truncated", "mistral/codestral-2508 ok"])

        // Without a further candidate the break is an error.
        mistral.answer(Scenario.chat, with: .stream([.event(RelayTests.chunk("Hel")), .close]))
        let lost = try scenario.frames("stream", Scenario.fields(Scenario.gpt, list))
        #expect(
            lost.map(\.event) == ["start", "delta", "restart", "start", "delta", "restart", "start", "delta", "error"])
        #expect(lost.last?.code == "stream_truncated")
    }

    @Test("after a restart mid-stream, progress is reported until there is content again")
    func progressAfterRestart() throws {
        let openai = try ScriptedProvider.openAI(.stream([.event(RelayTests.chunk("Hel")), .close]))
        let mistral = try ScriptedProvider.mistral()
        mistral.answer(Scenario.chat, with: .hangBeforeHead)
        let scenario = try Scenario(["openai": openai, "mistral": mistral])
        let more =
            #""fallback":["\#(Scenario.codestral)"],"fallback_mid_stream":"restart","progress":true,"timeouts_ms":{"total":3000}"#
        let frames = try scenario.frames("stream", Scenario.fields(Scenario.gpt, more))
        let restart = try #require(frames.firstIndex { $0.event == "restart" })
        let phases = frames[restart...].filter { $0.event == "progress" }.compactMap { $0["phase"] as? String }
        #expect(phases.contains("waiting_first_token"))
    }

    @Test(
        "a kept-alive connection that dies when it is reused is replaced once, at once and silently",
        arguments: [Script.Afterwards.closeOnNextRequest, .resetOnNextRequest, .closeUnannounced])
    func stale(afterwards: Script.Afterwards) throws {
        let openai = try ScriptedProvider.openAI(ScriptedProvider.whole.then(afterwards), ScriptedProvider.whole)
        let scenario = try Scenario(["openai": openai])
        for _ in 0..<2 { #expect(try scenario.generate(Scenario.gpt).story == ["openai/gpt-4o ok"]) }
        #expect(openai.calls.count == 2)
        #expect((try scenario.model(Scenario.gpt)["failures"] as? [String: Any])?["consecutive"] as? Int == 0)
    }

    @Test("embeddings are retried by the same rules")
    func embeddings() throws {
        let openai = try ScriptedProvider()
        openai.list(["text-embedding-3-small"])
        let vector = #"{"data":[{"index":0,"embedding":[0.5,1]}],"model":"e","usage":{"prompt_tokens":1}}"#
        openai.answer("/v1/embeddings", with: Failures.internalError, .json(vector), .json("{}", status: 400))
        let scenario = try Scenario(["openai": openai])
        let fields = #""model":"openai/text-embedding-3-small","input":["hi"]"#
        let answered = try scenario.ask("embed", fields)
        #expect(answered["embeddings"] as? [[Double]] == [[0.5, 1]])
        #expect(
            answered.story == [
                "openai/text-embedding-3-small error upstream_error", "openai/text-embedding-3-small ok",
            ])
        let refused = try scenario.ask("embed", fields)
        #expect(refused.code == "bad_request")
        #expect(openai.calls.count == 3)
    }

    @Test("retries have a budget: a storm of failures does not cause a storm of requests")
    func budget() throws {
        let openai = try ScriptedProvider.openAI(.retryLater(.none))
        let scenario = try Scenario(["openai": openai])
        for _ in 0..<20 { #expect(try scenario.generate(Scenario.gpt).code == "rate_limited") }
        #expect(openai.calls.count == 20 + 10)
    }
}

extension RelayTests {
    /// A chunk without content.
    static let role =
        #"{"id":"c","object":"chat.completion.chunk","model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#
}
