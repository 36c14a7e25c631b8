import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// Every adapter sends requests that its provider accepts, even with another provider's conversation.
struct RepairAdapterTests {
    struct Target: CustomTestStringConvertible, Sendable {
        let name: String
        let adapter: any Adapter
        let model: String
        var longestName = 64
        var idLength: ClosedRange<Int>?

        var testDescription: String { name }
    }

    static let targets = [
        Target(name: "OpenAI", adapter: OpenAIAdapter.testing(), model: "gpt-4o", idLength: 1...40),
        Target(
            name: "a gateway", adapter: OpenAIAdapter.testing(provider: "portal", dialect: .of("portal.example.com")),
            model: "openai/gpt-4o", idLength: 1...40),
        Target(
            name: "Mistral's models elsewhere",
            adapter: OpenAIAdapter.testing(provider: "local", dialect: .of("127.0.0.1")), model: "mistral-nemo",
            idLength: 9...9),
        Target(
            name: "Responses", adapter: ResponsesAdapter(OpenAIAdapter.testing()), model: "gpt-4o", idLength: 1...64),
        Target(
            name: "Anthropic", adapter: AnthropicAdapter.testing(), model: "claude-haiku-4-5", longestName: 128,
            idLength: 1...128),
        Target(name: "Gemini", adapter: GeminiAdapter.testing(), model: "gemini-3-flash"),
        Target(name: "older Gemini", adapter: GeminiAdapter.testing(), model: "gemini-2.0-flash"),
        Target(name: "Mistral", adapter: MistralAdapter.testing(), model: "mistral-small-latest", idLength: 9...9),
        Target(name: "Cohere", adapter: CohereAdapter.testing(), model: "command-a-03-2025"),
        Target(name: "Ollama", adapter: OllamaAdapter.testing(), model: "qwen3"),
        Target(name: "Docker", adapter: DockerAdapter.testing(), model: "ai/qwen3"),
    ]

    private static let longName = String(repeating: "servers/", count: 30) + "read"
    private static let longID = "chatcmpl-tool-0123456789abcdef0123456789abcdef-0123456789abcdef0123456789abcdef"

    /// Two turns of calls with all the forms that some provider refuses.
    private static var request: Request {
        var request = Request(messages: [
            Message(.user, [.text("a")]),
            Message(
                .assistant, [],
                toolCalls: [
                    ToolCall(id: longID, name: "files.read", arguments: #"{"path":"/a"#),
                    ToolCall(id: "b", name: longName, arguments: "null"),
                ]),
            Message(.tool, [.text("1")], toolCallID: longID), Message(.tool, [.text("2")], toolCallID: "b"),
            Message(.assistant, [], toolCalls: [ToolCall(id: "b", name: "files.read", arguments: "[1]")]),
            Message(.tool, [.text("3")], toolCallID: "b"), Message(.user, [.text("c")]),
        ])
        request.tools = [
            Tool(name: "files.read", parameters: RawJSON(validated: Array(#"{"type":"object"}"#.utf8))),
            Tool(name: longName), Tool(name: "files_read"),
        ]
        return request
    }

    @Test("names, ids and arguments are as the provider takes them", arguments: targets)
    func sent(target: Target) throws {
        let encoded = try target.adapter.encode(Self.request, model: target.model, isStream: true)
        let body = try JSONSerialization.jsonObject(with: Data(encoded.http.body))
        let names = Self.values("name", in: body)
        #expect(names.count >= 6)
        for name in names {
            #expect(name.utf8.count <= target.longestName, "\(name)")
            #expect(name.wholeMatch(of: #/[a-zA-Z0-9_-]+/#) != nil, "\(name)")
        }
        let originals = Set(Self.request.tools.map(\.name))
        #expect(Set(names.map { encoded.toolNames?.original($0) ?? $0 }) == originals)

        let ids = Self.callIDs(in: body)
        #expect(ids.calls.count == Set(ids.calls).count)
        #expect(ids.calls == ids.results)
        for id in ids.calls {
            if let length = target.idLength { #expect(length.contains(id.utf8.count), "\(id)") }
        }

        let arguments = Self.arguments(in: body)
        #expect(arguments.map { $0["path"] as? String }.first == "/a")
        #expect(arguments.dropFirst().first?.isEmpty == true)
        #expect(arguments.last?["arguments"] as? String == "[1]")
        let told = encoded.warnings.filter { $0.contains("objects as arguments") }
        #expect(told.count == 2)
    }

    @Test("a correct request is sent unchanged, without a warning", arguments: targets)
    func unchanged(target: Target) throws {
        var request = Request(messages: [
            Message(.user, [.text("a")]),
            Message(.assistant, [], toolCalls: [ToolCall(id: "D681PevKs", name: "read", arguments: #"{"a":1}"#)]),
            Message(.tool, [.text("1")], toolCallID: "D681PevKs"),
        ])
        request.tools = [
            Tool(name: "read", parameters: RawJSON(validated: Array(#"{"type":"object","properties":{"a":{}}}"#.utf8)))
        ]
        let constraints = target.adapter.constraints(of: target.model)
        #expect(RequestRepair.repaired(request, constraints, model: "m", .auto) == nil)
        #expect(try target.adapter.encode(request, model: target.model, isStream: false).warnings == [])
    }

    @Test("a misspelt image is sent under its right name, or refused for what it is", arguments: targets)
    func images(target: Target) throws {
        let parts: [Part] = [
            .text("what?"), .imageData(mediaType: "image/jpg", base64: "/9j/4AAQ"),
            .imageURL("data:image/png;base64,/9j/4AAQ"),
        ]
        let model = target.name == "Cohere" ? "command-a-vision-07-2025" : target.model
        let encoded = try? target.adapter.encode(
            Request(messages: [Message(.user, parts)]), model: model, isStream: false)
        let body = try #require(encoded.map { String(decoding: $0.http.body, as: UTF8.self) })
        #expect(!body.contains("image/jpg") && !body.contains("image/png"))
        let images = body.matches(of: #/9j/4AAQ/#.ignoresCase()).count + body.matches(of: #/9j\\/4AAQ/#).count
        #expect(images == 2)
    }

    // MARK: - Reading bodies

    /// The names of tools, in any place of a body.
    private static func values(_ name: String, in json: Any) -> [String] {
        if let list = json as? [Any] { return list.flatMap { values(name, in: $0) } }
        guard let object = json as? [String: Any] else { return [] }
        var found = [object[name], object["tool_name"]].compactMap { $0 as? String }
        for (key, value) in object
        where !["args", "response"].contains(key) && !(key == "input" && value is [String: Any]) {
            found += values(name, in: value)
        }
        return found
    }

    private static func callIDs(in json: Any) -> (calls: [String], results: [String]) {
        var calls: [String] = []
        var results: [String] = []
        func walk(_ json: Any) {
            if let list = json as? [Any] { return list.forEach(walk) }
            guard let object = json as? [String: Any] else { return }
            let type = object["type"] as? String
            if let result = (object["tool_call_id"] ?? object["tool_use_id"]) as? String {
                results.append(result)
            } else if type == "function_call_output", let id = object["call_id"] as? String {
                results.append(id)
            } else if type == "function_call", let id = object["call_id"] as? String {
                calls.append(id)
            } else if type == "tool_use" || object["function"] != nil, let id = object["id"] as? String {
                calls.append(id)
            }
            if let call = object["functionCall"] as? [String: Any], let id = call["id"] as? String { calls.append(id) }
            if let result = object["functionResponse"] as? [String: Any], let id = result["id"] as? String {
                results.append(id)
            }
            for key in ["messages", "input", "contents", "content", "parts", "tool_calls"] {
                if let value = object[key] { walk(value) }
            }
        }
        walk(json)
        return (calls, results)
    }

    private static func arguments(in json: Any) -> [[String: Any]] {
        if let list = json as? [Any] { return list.flatMap(arguments) }
        guard let object = json as? [String: Any] else { return [] }
        if object["name"] is String, let found = object["arguments"] ?? object["args"] ?? object["input"] {
            if let text = found as? String {
                let read = try? JSONSerialization.jsonObject(with: Data(text.utf8))
                return [read as? [String: Any] ?? ["none": text]]
            }
            return [found as? [String: Any] ?? [:]]
        }
        return ["messages", "input", "contents", "content", "parts", "tool_calls", "function", "functionCall"]
            .flatMap { object[$0].map(arguments) ?? [] }
    }

    // MARK: - Facts

    @Test("the reasoning of earlier turns goes back as family and configuration have it")
    func reasoning() throws {
        let calls = [ToolCall(id: "1", name: "f", arguments: "{}")]
        let request = Request(messages: [
            Message(.user, [.text("a")]),
            Message(.assistant, [.reasoning(text: "hm", signature: nil)], toolCalls: calls),
            Message(.tool, [.text("x")], toolCallID: "1"),
        ])
        let adapter = OpenAIAdapter.testing(provider: "server", dialect: .of("server.example.com"))
        for (model, wish, isSent) in [
            ("deepseek-v3.2", WireFacts.ReturnReasoning.auto, true), ("moonshotai/Kimi-K2", .auto, true),
            ("llama", .auto, false), ("llama", .always, true), ("deepseek-v3.2", .never, false),
        ] {
            var facts = WireFacts()
            facts.returnReasoning = wish
            let body = try adapter.encode(request, model: model, isStream: false, facts: facts).http.body
            #expect(String(decoding: body, as: UTF8.self).contains("reasoning_content") == isSent, "\(model) \(wish)")
        }
    }

    @Test(
        "OpenAI's models are known by name behind any server",
        arguments: [
            ("gpt-5-mini", true), ("openai/gpt-5-mini", true), ("azure:gpt-5", true), ("openai.gpt-5-mini", true),
            ("o3-mini", true), ("openai/o1", true), ("gpt-4o", false), ("gpt-5-chat-latest", false),
            ("gpt-oss-120b", false), ("o", false), ("olmo-2", false), ("qwen3", false),
        ])
    func names(model: String, isStrict: Bool) throws {
        var request = Request(messages: [Message(.user, [.text("a")])])
        request.sampling.maxTokens = 9
        request.sampling.temperature = 0.2
        let adapter = OpenAIAdapter.testing(provider: "server", dialect: .of("server.example.com"))
        let encoded = try adapter.encode(request, model: model, isStream: false)
        let body = String(decoding: encoded.http.body, as: UTF8.self)
        #expect(body.contains("max_completion_tokens") == isStrict)
        #expect(body.contains("max_tokens") != isStrict)
        #expect(body.contains("temperature") != isStrict)
        #expect(encoded.warnings.isEmpty != isStrict)
    }

    @Test("members known to be refused are left out, with a warning if the client asked for them")
    func omitted() throws {
        var request = Request(messages: [Message(.user, [.text("a")])])
        request.sampling.maxTokens = 9
        request.sampling.temperature = 0.2
        let adapter = OpenAIAdapter.testing(provider: "server", dialect: .of("server.example.com"))
        func encoded(_ names: Set<String>) throws -> (body: String, warnings: [String]) {
            var facts = WireFacts()
            facts.omitted = names
            let encoded = try adapter.encode(request, model: "m", isStream: true, facts: facts)
            return (String(decoding: encoded.http.body, as: UTF8.self), encoded.warnings)
        }
        let plain = try encoded(["stream_options"])
        #expect(!plain.body.contains("stream_options") && plain.warnings == [])
        let other = try encoded(["max_tokens"])
        #expect(other.body.contains(#""max_completion_tokens":9"#) && other.warnings == [])
        let none = try encoded(["max_tokens", "max_completion_tokens", "temperature"])
        #expect(!none.body.contains("tokens\":9") && !none.body.contains("temperature"))
        #expect(
            Set(none.warnings) == [
                "server/m does not take max_tokens: it was left out",
                "server/m does not take temperature: it was left out",
            ])
    }

    @Test("content is null beside calls, or an empty string for those that refuse null")
    func content() throws {
        let request = Request(messages: [
            Message(.assistant, [], toolCalls: [ToolCall(id: "1", name: "f", arguments: "{}")])
        ])
        let adapter = OpenAIAdapter.testing(provider: "server", dialect: .of("server.example.com"))
        var facts = WireFacts()
        for content in ["null", #""""#] {
            let body = try adapter.encode(request, model: "m", isStream: false, facts: facts).http.body
            #expect(String(decoding: body, as: UTF8.self).contains(#""content":\#(content),"tool_calls""#))
            facts.omitted = ["content"]
        }
    }
}
