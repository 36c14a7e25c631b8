import Foundation
import ScriptedProvider
import Testing

@Suite("Ultra's own operations over HTTP")
struct OperationsDoorTests {
    static let prefix = "/ultra/v1/"

    /// The native result without `id` and `event`, byte for byte.
    static func native(_ daemon: DaemonProcess, _ request: String) throws -> String {
        let client = try daemon.client()
        client.send(request)
        let text = String(decoding: try client.nextBytes() ?? [], as: UTF8.self)
        let begin = #"{"id":1,"event":"result","#
        guard text.hasPrefix(begin) else { throw ClientError(what: "no result: \(text.prefix(300))") }
        return "{" + text.dropFirst(begin.count)
    }

    static func http(_ client: HTTPClient, _ method: String, _ path: String, body: String? = nil) throws -> String {
        let response = try client.ask(method, prefix + path, body: body)
        #expect(response.status == 200 && response["content-type"] == "application/json", "\(path)")
        return response.text
    }

    @Test("results have the members of the native ones, byte for byte")
    func equal() throws {
        let scenario = try Scenario(["openai": try .openAI(), "mistral": try .mistral()])
        for model in [Scenario.gpt, Scenario.codestral] { _ = try scenario.generate(model) }
        let client = try HTTPClient(scenario.daemon)
        let rows: [(path: String, native: String)] = [
            ("models", #""op":"models""#),
            ("models?provider=openai&capability=chat", #""op":"models","provider":"openai","capability":"chat""#),
            ("models?available=false", #""op":"models","available":false"#),
            ("models?tag=none", #""op":"models","tag":"none""#),
            (
                "usage?since=2026-01-01&until=2100-01-01&group_by=model,day",
                #""op":"usage","since":"2026-01-01","until":"2100-01-01","group_by":["model","day"]"#
            ),
            (
                "usage?since=2026-01-01&until=2100-01-01&filter.provider=openai&filter.uid=\(getuid())",
                #""op":"usage","since":"2026-01-01","until":"2100-01-01","filter":{"provider":"openai","uid":\#(getuid())}"#
            ),
        ]
        for (path, native) in rows {
            #expect(
                try Self.http(client, "GET", path) == Self.native(scenario.daemon, "{\"id\":1,\(native)}"), "\(path)")
        }
        #expect(try Self.http(client, "GET", "models").contains(Scenario.codestral))
        for body in [nil, "{}"] {
            #expect(
                try Self.http(client, "POST", "reload", body: body)
                    .replacing(/"loaded_at":"[^"]*"/, with: "")
                    == Self.native(scenario.daemon, #"{"id":1,"op":"reload"}"#)
                    .replacing(/"loaded_at":"[^"]*"/, with: ""))
            #expect(
                try Self.http(client, "POST", "cache_clear", body: body)
                    == Self.native(scenario.daemon, #"{"id":1,"op":"cache_clear"}"#))
        }
    }

    @Test("status and probes, which differ by the moment, have the native members")
    func momentary() throws {
        let scenario = try Scenario(["openai": try .openAI()])
        let client = try HTTPClient(scenario.daemon)
        let status = try client.ask("GET", Self.prefix + "status").json
        let native = try scenario.ask("status", "").object
        #expect(Set(status.keys) == Set(native.keys).subtracting(["id", "event"]))
        #expect(status["pid"] as? Int == native["pid"] as? Int && status["pid"] is Int)
        for fields in [
            "", #""provider":"openai""#, #""model":"openai/gpt-4o""#, #""model":"openai/gpt-4o","deep":true"#,
        ] {
            let probe = try client.ask("POST", Self.prefix + "probe", body: "{\(fields)}")
            func results(_ object: [String: Any]) -> [[String]] {
                (object["results"] as? [[String: Any]] ?? []).map { result in
                    ["provider", "model", "state"].map { result[$0] as? String ?? "null" }
                        + result.keys.sorted()
                }
            }
            #expect(probe.status == 200)
            #expect(results(probe.json) == results(try scenario.ask("probe", fields).object), "\(fields)")
            #expect(!results(probe.json).isEmpty)
        }
    }

    @Test("errors are the native ones, in OpenAI's shape with Ultra's code")
    func errors() throws {
        let scenario = try Scenario(["openai": try .openAI()])
        let client = try HTTPClient(scenario.daemon)
        let rows: [(method: String, path: String, body: String?, op: String, fields: String)] = [
            ("GET", "models?available=maybe", nil, "models", #""available":"maybe""#),
            ("GET", "models?provider=", nil, "models", #""provider":"""#),
            (
                "GET", "models?tag=\(String(repeating: "x", count: 257))", nil, "models",
                #""tag":"\#(String(repeating: "x", count: 257))""#
            ),
            ("GET", "usage?since=yesterday", nil, "usage", #""since":"yesterday""#),
            ("GET", "usage?group_by=model,colour", nil, "usage", #""group_by":["model","colour"]"#),
            ("GET", "usage?filter.colour=red", nil, "usage", #""filter":{"colour":"red"}"#),
            ("GET", "usage?filter.uid=4294967296", nil, "usage", #""filter":{"uid":4294967296}"#),
            ("GET", "usage?filter.user=no-such-user", nil, "usage", #""filter":{"user":"no-such-user"}"#),
            ("GET", "status?timeout_ms=0", nil, "status", #""timeout_ms":0"#),
            ("GET", "events?topics=health,weather", nil, "subscribe", #""topics":["health","weather"]"#),
            ("POST", "probe", #"{"provider":"a","model":"b"}"#, "probe", #""provider":"a","model":"b""#),
            ("POST", "probe", #"{"deep":1}"#, "probe", #""deep":1"#),
            ("POST", "probe", #"{"deep":true}"#, "probe", #""deep":true"#),
            ("POST", "probe", #"{"model":"nobody/x"}"#, "probe", #""model":"nobody/x""#),
        ]
        for (method, path, body, op, fields) in rows {
            let response = try client.ask(method, Self.prefix + path, body: body)
            let native = try scenario.ask(op, fields)
            let hint = (native.error["hint"] as? String).map { "; " + $0 } ?? ""
            #expect(response.status == (native.code == "model_not_found" ? 404 : 400), "\(path)")
            #expect(response.error["code"] as? String == native.code && native.code != nil, "\(path)")
            #expect(response.error["message"] as? String == (native.error["message"] as? String ?? "") + hint)
            #expect(response.error["param"] as? String == native.field, "\(path)")
            #expect(response["x-should-retry"] == "false")
        }
        let refused = try client.ask("POST", Self.prefix + "probe", body: #"{"op":"reload"}"#)
        #expect(refused.status == 400 && refused.error["param"] as? String == "op")
    }

    @Test("a configuration that is refused is told with all of its problems")
    func problems() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"], file: "")
        try "[limits]\nconnections = -1\nnothing = 2\n".write(
            to: daemon.folder.appending(path: "ultrad.toml"), atomically: true, encoding: .utf8)
        let response = try HTTPClient(daemon).ask("POST", Self.prefix + "reload")
        #expect(response.status == 400 && response.error["code"] as? String == "invalid_request")
        let native = try daemon.client().ask(#"{"id":1,"op":"reload"}"#)
        let problems = response.error["problems"] as? [String]
        #expect(problems?.isEmpty == false && problems == native.error["problems"] as? [String])
    }

    @Test("other paths and methods")
    func routes() throws {
        let client = try HTTPServerTests.client()
        for path in ["/ultra", "/ultra/v1", "/ultra/v1/", "/ultra/v1/hello", "/ultra/v2/status", "/ultra/v1/status/x"] {
            let response = try client.ask("GET", path)
            #expect(response.status == 404, "\(path)")
        }
        let unknown = try client.ask("GET", "/ultra/v1/hello")
        #expect((unknown.error["message"] as? String)?.contains("GET /ultra/v1/status") == true)
        for path in ["status", "models", "usage", "events"] {
            let post = try client.ask("POST", Self.prefix + path, body: "{}")
            #expect(post.status == 405 && post["allow"] == "GET, HEAD, OPTIONS", "\(path)")
            let head = try client.ask("HEAD", Self.prefix + path)
            #expect(head.status == 200 && (head["content-length"] == nil) == (path == "events"), "\(path)")
        }
        for path in ["probe", "reload", "cache_clear"] {
            let get = try client.ask("GET", Self.prefix + path)
            #expect(get.status == 405 && get["allow"] == "POST, OPTIONS", "\(path)")
        }
        #expect(try client.ask("GET", Self.prefix + "status/").status == 200)
        #expect(try client.ask("POST", Self.prefix + "reload", ["Origin: https://evil.example"]).status == 403)
    }

    @Test(
        "a client that is no administrator has the rights it has natively",
        .enabled(if: LocalUser.canBeOthers, "needs root"))
    func rights() throws {
        let scenario = try Scenario(["openai": try .openAI()])
        for _ in 0..<2 { _ = try scenario.generate(Scenario.gpt) }
        let user = LocalUser(uid: 1234, gid: 1234)
        let client = try HTTPClient(scenario.daemon, as: user)
        let native = try user.client(of: scenario.daemon)
        for (method, path, body, request) in [
            ("POST", "reload", nil, #""op":"reload""#), ("POST", "cache_clear", "{}", #""op":"cache_clear""#),
            (
                "POST", "probe", #"{"model":"openai/gpt-4o","deep":true}"#,
                #""op":"probe","model":"openai/gpt-4o","deep":true"#
            ),
            ("GET", "usage?filter.uid=0", nil, #""op":"usage","filter":{"uid":0}"#),
        ] as [(String, String, String?, String)] {
            let response = try client.ask(method, Self.prefix + path, body: body)
            let refused = try native.ask("{\"id\":1,\(request)}")
            #expect(response.status == 403 && response.error["type"] as? String == "permission_error", "\(path)")
            #expect(response.error["code"] as? String == "permission_denied" && refused.code == "permission_denied")
            let message = refused.error["message"] as? String ?? "none"
            #expect((response.error["message"] as? String)?.hasPrefix(message) == true)
        }
        let status = try client.ask("GET", Self.prefix + "status").json
        #expect(status["pid"] is NSNull && (status["today"] as? [String: Any])?["requests"] as? Int == 0)
        let usage = try client.ask("GET", Self.prefix + "usage").json["rows"] as? [[String: Any]]
        #expect(usage?.first?["requests"] as? Int ?? 0 == 0)
        #expect(try client.ask("POST", Self.prefix + "probe", body: #"{"model":"openai/gpt-4o"}"#).status == 200)
    }
}
