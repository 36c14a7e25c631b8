import Foundation
import ScriptedProvider
import Testing

/// Outages and recoveries of providers, as the registry shows them.
@Suite("Scenarios: providers")
struct ProviderScenarios {
    @Test("a provider goes down and comes back: requests fail, then are not sent at all, then are answered again")
    func down() throws {
        // Every connection ends with its answer, so that refusing connections makes the provider unreachable.
        let openai = try ScriptedProvider.openAI(ScriptedProvider.whole.then(.close))
        openai.answer("/v1/models", with: ScriptedProvider.list(["gpt-4o"]).then(.close))
        let scenario = try Scenario(["openai": openai])
        #expect(try scenario.state(Scenario.gpt) == "available")
        let watcher = try Watcher(scenario.daemon)
        for path in [Scenario.chat, "/v1/models"] { openai.answer(path, with: .resetBeforeHead) }

        let failed = try scenario.generate(Scenario.gpt)
        #expect(failed.code == "connect_failed")
        #expect(failed.story == Array(repeating: "openai/gpt-4o error connect_failed", count: 3))
        // Three failures in a row are more than one broken connection and less than an outage.
        #expect(try watcher.change(of: "openai", to: "degraded")["reason"] as? String == "connect_failed")
        #expect(try scenario.state(Scenario.gpt) == "degraded")

        // The fifth failure in a row opens the breaker.
        let broken = try scenario.generate(Scenario.gpt)
        #expect(
            broken.story == [
                "openai/gpt-4o error connect_failed", "openai/gpt-4o error connect_failed",
                "openai/gpt-4o skipped unavailable",
            ])
        #expect(try watcher.change(of: "openai", to: "unavailable")["reason"] as? String == "connect_failed")
        let skipped = try scenario.generate(Scenario.gpt)
        #expect(skipped.code == "no_model_available")
        #expect(skipped.story == ["openai/gpt-4o skipped unavailable"])
        #expect(try scenario.model(Scenario.gpt)["retry_at"] is String)

        openai.answer(Scenario.chat, with: ScriptedProvider.whole)
        openai.answer("/v1/models", with: ScriptedProvider.list(["gpt-4o"]))
        #expect(try scenario.probe("openai")["state"] as? String == "available")
        try watcher.change(of: "openai", to: "available")
        #expect(try scenario.generate(Scenario.gpt).story == ["openai/gpt-4o ok"])
    }

    @Test("connections that break one at a time change no state; a probe that cannot connect does, at once")
    func reset() throws {
        // No connection is used twice: a kept connection that breaks when it is reused is replaced silently.
        let whole = ScriptedProvider.whole.then(.close)
        let openai = try ScriptedProvider.openAI(whole)
        openai.answer("/v1/models", with: ScriptedProvider.list(["gpt-4o"]).then(.close))
        let scenario = try Scenario(["openai": openai])
        let watcher = try Watcher(scenario.daemon)
        for _ in 0..<3 {
            openai.answer(Scenario.chat, with: .resetBeforeHead, whole)
            #expect(
                try scenario.generate(Scenario.gpt).story
                    == ["openai/gpt-4o error connect_failed", "openai/gpt-4o ok"])
        }
        #expect(try scenario.provider("openai")["last_error"] is String)
        openai.answer("/v1/models", with: .resetBeforeHead)
        #expect(try scenario.probe("openai")["state"] as? String == "unavailable")
        // This is the first change that the watcher is told.
        #expect(try watcher.next()["to"] as? String == "unavailable")
    }

    @Test("a refused key affects only the key: the host stays reachable, and a probe finds the key valid again")
    func keyLost() throws {
        let isLost = Switch(false)
        let openai = try ScriptedProvider { request in
            if isLost.get() { return Failures.badKey }
            return request.method == "GET" ? ScriptedProvider.list(["gpt-4o"]) : ScriptedProvider.whole
        }
        let scenario = try Scenario(["openai": openai])
        let watcher = try Watcher(scenario.daemon)
        isLost.set(true)
        let refused = try scenario.generate(Scenario.gpt)
        #expect(refused.code == "authentication")
        #expect(refused.story == ["openai/gpt-4o error authentication"])
        let event = try watcher.change(of: "openai", to: "unauthorized")
        let evidence = event["evidence"] as? [String: [String: Any]]
        #expect(evidence?["reachable"]?["ok"] as? Bool == true)
        #expect(evidence?["authorised"]?["ok"] as? Bool == false)
        #expect(try scenario.provider("openai")["key"] as? String == "refused")

        let calls = openai.calls.count
        #expect(try scenario.generate(Scenario.gpt).story == ["openai/gpt-4o skipped unauthorized"])
        #expect(openai.calls.count == calls)
        #expect(try scenario.probe("openai")["state"] as? String == "unauthorized")
        isLost.set(false)
        #expect(try scenario.probe("openai")["state"] as? String == "available")
        #expect(try scenario.generate(Scenario.gpt).event == "result")
    }

    @Test("another key takes over from a refused or rate-limited one within the request")
    func otherKey() throws {
        for (failure, code) in [(Failures.badKey, "authentication"), (.retryLater(.seconds(60)), "rate_limited")] {
            let lost = Switch<String?>(nil)
            let openai = try ScriptedProvider { request in
                if request.method == "GET" { return ScriptedProvider.list(["gpt-4o"]) }
                return request["authorization"] == lost.get() ? failure : ScriptedProvider.whole
            }
            let scenario = try Scenario(["openai": openai], ["OPENAI_API_KEY": "first, second"])
            lost.set("Bearer first")
            // Keys take turns: one of two requests uses the refused one.
            let stories = [try scenario.generate(Scenario.gpt).story, try scenario.generate(Scenario.gpt).story]
            #expect(
                stories.contains(["openai/gpt-4o error \(code)", "openai/gpt-4o ok"]), "\(code): \(stories)")
            let first = openai.calls.count
            for _ in 0..<4 { #expect(try scenario.generate(Scenario.gpt).story == ["openai/gpt-4o ok"]) }
            #expect(openai.calls[first...].allSatisfy { $0["authorization"] == "Bearer second" })
            #expect(try scenario.state(Scenario.gpt) == "available")
        }
    }

    @Test("with one bad key of two, a probe still finds that the provider works")
    func probeWithTwoKeys() throws {
        let openai = try ScriptedProvider { request in
            if request["authorization"] == "Bearer bad" { return Failures.badKey }
            return request.method == "GET" ? ScriptedProvider.list(["gpt-4o"]) : ScriptedProvider.whole
        }
        let scenario = try Scenario(["openai": openai], ["OPENAI_API_KEY": "bad,good"])
        for _ in 0..<3 {
            let result = try scenario.probe("openai")
            #expect(result["state"] as? String == "available")
            #expect(result["error"] is NSNull)
        }
        #expect(try scenario.generate(Scenario.gpt).event == "result")
    }

    struct Loss: Sendable, CustomTestStringConvertible {
        let name: String
        let script: Script
        let code: String
        /// The model's state afterwards.
        let state: String
        var testDescription: String { name }
    }

    @Test(
        "a lost model affects no other, and a list or an answer brings it back",
        arguments: [
            Loss(
                name: "404",
                script: .json(
                    #"{"error":{"message":"The model does not exist","code":"model_not_found"}}"#, status: 404),
                code: "model_not_found", state: "unavailable"),
            Loss(
                name: "403",
                script: .json(
                    #"{"error":{"message":"no access to this model","code":"permission_denied"}}"#, status: 403),
                code: "permission_denied", state: "unauthorized"),
        ])
    func modelLost(_ loss: Loss) throws {
        let isLost = Switch(false)
        let openai = try ScriptedProvider { request in
            if request.method == "GET" { return ScriptedProvider.list(["gpt-4o", "gpt-4o-mini"]) }
            let isMini = request.bodyText.contains(#""gpt-4o-mini""#)
            return isLost.get() && !isMini ? loss.script : ScriptedProvider.whole
        }
        let scenario = try Scenario(["openai": openai])
        isLost.set(true)
        let failed = try scenario.generate(Scenario.gpt)
        #expect(failed.code == loss.code)
        #expect(failed.story == ["openai/gpt-4o error \(loss.code)"])
        // The failure of one request may be due to that request; a second request with the same failure shows that it
        // is the model's.
        #expect(try scenario.state(Scenario.gpt) == "available")
        #expect(try scenario.generate(Scenario.gpt).story == ["openai/gpt-4o error \(loss.code)"])
        #expect(try scenario.state(Scenario.gpt) == "available")
        let other = try scenario.ask("generate", Scenario.fields(Scenario.gpt, prompt: "something else"))
        #expect(other.story == ["openai/gpt-4o error \(loss.code)"])
        #expect(try scenario.state(Scenario.gpt) == loss.state)
        #expect(try scenario.state(Scenario.mini) == "available")
        #expect(try scenario.provider("openai")["state"] as? String == "available")
        #expect(try scenario.provider("openai")["key"] as? String == "set")
        #expect(try scenario.generate(Scenario.mini).event == "result")
        let calls = openai.calls.count
        #expect(try scenario.generate(Scenario.gpt).story == ["openai/gpt-4o skipped \(loss.state)"])
        #expect(openai.calls.count == calls)

        isLost.set(false)
        // The list shows that the model exists; only a request to the model shows that the key may use it.
        let deep = #""model":"\#(Scenario.gpt)","deep":\#(loss.code == "permission_denied")"#
        #expect(try scenario.ask("probe", deep).event == "result")
        #expect(try scenario.state(Scenario.gpt) == "available")
        #expect(try scenario.generate(Scenario.gpt).event == "result")
    }

    @Test("a list is a hint: a model missing from it is still tried, and only the provider's 404 removes it")
    func modelDelisted() throws {
        let openai = try ScriptedProvider.openAI()
        let scenario = try Scenario(["openai": openai])
        openai.list(["gpt-4o-mini"])
        for _ in 0..<3 { #expect(try scenario.probe("openai")["state"] as? String == "available") }
        #expect(try scenario.state(Scenario.gpt) == "available")
        #expect(try scenario.generate(Scenario.gpt).event == "result")
        let missing = #"{"error":{"message":"The model does not exist","code":"model_not_found"}}"#
        openai.answer(Scenario.chat, with: .json(missing, status: 404))
        #expect(try scenario.generate(Scenario.gpt).code == "model_not_found")
        #expect(try scenario.state(Scenario.gpt) == "unavailable")
        let refused = try scenario.generate(Scenario.gpt)
        #expect(refused.code == "model_not_found")
        #expect(refused.story == ["openai/gpt-4o skipped unavailable"])
        openai.answer(Scenario.chat, with: ScriptedProvider.whole)
        openai.list(["gpt-4o", "gpt-4o-mini"])
        _ = try scenario.probe("openai")
        #expect(try scenario.generate(Scenario.gpt).event == "result")
    }

    @Test("a slow provider: its latency is shown, and a request with a short timeout moves on without blaming it")
    func slow() throws {
        let openai = try ScriptedProvider.openAI(
            ScriptedProvider.whole.with { $0.body.insert(.delay(milliseconds: 60), at: 0) })
        let mistral = try ScriptedProvider.mistral()
        let scenario = try Scenario(["openai": openai, "mistral": mistral])
        #expect(try scenario.generate(Scenario.gpt).event == "result")
        let latency = try scenario.model(Scenario.gpt)["latency_ms"] as? [String: Any]
        #expect(latency?["first_token_p50"] as? Double ?? 0 >= 60)

        openai.answer(Scenario.chat, with: .hangBeforeHead)
        let moved = try scenario.generate(
            Scenario.gpt, #""timeouts_ms":{"first_token":50},"fallback":["\#(Scenario.codestral)"]"#)
        #expect(moved.story == ["openai/gpt-4o error timeout", "mistral/codestral-2508 ok"])
        #expect(try scenario.state(Scenario.gpt) == "available")
        #expect((try scenario.model(Scenario.gpt)["failures"] as? [String: Any])?["consecutive"] as? Int == 0)
    }

    @Test(
        "truncation and lies are failures of the model, which is degraded until it answers again",
        arguments: [
            ("truncated", "stream_truncated"), ("lies", "upstream_protocol"), ("empty", "upstream_protocol"),
        ])
    func nonsense(kind: String, code: String) throws {
        let script =
            switch kind {
            case "truncated": ScriptedProvider.whole.cut(at: 40)
            case "lies": Script.json(#"{"choices":[{]}"#)
            default: Script.json("")
            }
        let openai = try ScriptedProvider.openAI(script)
        let scenario = try Scenario(["openai": openai])
        let failed = try scenario.generate(Scenario.gpt)
        #expect(failed.code == code)
        #expect(failed.story == Array(repeating: "openai/gpt-4o error \(code)", count: 3))
        #expect(try scenario.state(Scenario.gpt) == "degraded")
        #expect(try scenario.state(Scenario.mini) == "available")
        openai.answer(Scenario.chat, with: script, ScriptedProvider.whole)
        let healed = try scenario.generate(Scenario.gpt)
        #expect(healed.text == "hello there")
        #expect(healed.story == ["openai/gpt-4o error \(code)", "openai/gpt-4o ok"])
        #expect(try scenario.state(Scenario.gpt) == "available")
    }
}

/// Refusals used by several scenarios.
enum Failures {
    static let badKey = Script.json(
        #"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#, status: 401)
    static let internalError = Script.json(#"{"error":{"message":"oops"}}"#, status: 500)
}
