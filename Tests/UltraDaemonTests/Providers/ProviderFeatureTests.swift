import Foundation
import ScriptedProvider
import Testing

/// Features of each provider through the command line: the request it receives, and the answer of the client.
@Suite("Provider features")
struct ProviderFeatureTests {
    private let tools: [[String: Any]] = [
        [
            "name": "weather", "description": "The weather of a city",
            "parameters": [
                "type": "object", "properties": ["city": ["type": "string"]], "required": ["city"],
            ] as [String: Any],
        ]
    ]
    private let schema: [String: Any] = [
        "type": "object", "properties": ["n": ["type": "integer"]], "required": ["n"], "additionalProperties": false,
    ]

    private let provider: ScriptedProvider
    init() throws { provider = try ScriptedProvider() }

    private func control(_ feature: WireFeature) throws -> ControlProgram {
        ControlProgram(daemon: try feature.wire.daemon(provider))
    }

    /// The last body received at `path`.
    private func received(_ path: String) throws -> ReceivedJSON {
        try ReceivedJSON(try #require(provider.requests.last { $0.path == path }))
    }

    private func name(_ feature: WireFeature, _ model: String? = nil) -> String {
        "\(feature.wire.provider)/\(model ?? feature.wire.model)"
    }

    @Test("two parallel calls of a stream arrive as two, each with its arguments", arguments: WireFeature.all)
    func parallelCalls(_ feature: WireFeature) throws {
        let wire = feature.wire
        let path = wire.path(wire.model, true)
        provider.answer(path, with: wire.stream(feature.calls))
        let (frames, status) = try control(feature).call(
            "stream", ["model": name(feature), "prompt": "Paris, Rome?", "tools": tools])
        #expect(status == 0, "\(frames.map(\.object))")
        var calls: [Int: (id: String, name: String, arguments: String)] = [:]
        for piece in frames.compactMap({ $0["tool_call"] as? [String: Any] }) {
            let index = try #require(piece["index"] as? Int)
            var call = calls[index] ?? ("", "", "")
            if let id = piece["id"] as? String { call.id = id }
            if let name = piece["name"] as? String { call.name = name }
            call.arguments += piece["arguments"] as? String ?? ""
            calls[index] = call
        }
        #expect(calls.keys.sorted() == [0, 1])
        #expect(calls[0]?.name == "weather" && calls[1]?.name == "weather")
        #expect(calls[0]?.arguments == #"{"city":"Paris"}"#)
        #expect(calls[1]?.arguments == #"{"city":"Rome"}"#)
        if let ids = feature.callIDs { #expect([calls[0]?.id, calls[1]?.id] == ids) }
        #expect(calls[0]?.id != calls[1]?.id && calls[0]?.id.isEmpty == false)
        #expect(frames.last?["finish_reason"] as? String == "tool_calls")
        #expect(try received(path)[feature.tool] == #""weather""#)
    }

    @Test("an image reaches the provider in the provider's form", arguments: WireFeature.all)
    func images(_ feature: WireFeature) throws {
        let wire = feature.wire
        let model = feature.imageModel ?? wire.model
        let path = wire.path(model, false)
        provider.answer(path, with: wire.document(wire.text.document))
        let result = try control(feature).ask(
            "generate",
            [
                "model": name(feature, model),
                "messages": [
                    [
                        "role": "user",
                        "content": [
                            ["type": "text", "text": "What is it?"],
                            ["type": "image", "media_type": "image/png", "data": WireFeature.png],
                        ],
                    ] as [String: Any]
                ],
            ])
        #expect(result.text == "Hello é", "\(result.object)")
        #expect(try received(path)[feature.image.place] == "\"\(feature.image.value)\"")
    }

    @Test("a schema reaches the provider in the provider's form", arguments: WireFeature.all)
    func schemas(_ feature: WireFeature) throws {
        let wire = feature.wire
        let model = feature.schemaModel ?? wire.model
        let path = wire.path(model, false)
        provider.answer(path, with: wire.document(wire.text.document.replacing("Hello é", with: #"{\"n\":1}"#)))
        let result = try control(feature).ask(
            "generate",
            [
                "model": name(feature, model), "prompt": "One, as JSON",
                "response_format": ["name": "number", "schema": schema, "strict": true] as [String: Any],
            ])
        #expect(result.text == #"{"n":1}"#, "\(result.object)")
        #expect(try received(path)[feature.schema] == #"{"type":"integer"}"#)
    }

    @Test(
        "thoughts, calls and results go back as the provider gave them, byte for byte", arguments: WireFeature.all)
    func thoughts(_ feature: WireFeature) throws {
        let wire = feature.wire
        let path = wire.path(wire.model, false)
        provider.answer(path, with: wire.document(feature.thoughts), wire.document(wire.text.document))
        let control = try control(feature)
        var request: [String: Any] = ["model": name(feature), "tools": tools]
        if feature.reasons, wire.provider != "docker" { request["reasoning"] = ["effort": "high"] }
        let question: [String: Any] = ["role": "user", "content": "Paris, Rome?"]
        request["messages"] = [question]
        let first = try control.ask("generate", request)
        let calls = try #require(first["tool_calls"] as? [[String: Any]], "\(first.object)")
        #expect(calls.count == 2)
        #expect(first["reasoning"] as? String == (feature.reasons ? "Two cities." : ""))
        let parts = first["reasoning_parts"] as? [[String: Any]]
        let signature = feature.signsCalls ? calls.first?["signature"] : parts?.first?["signature"]
        #expect(signature as? String == feature.signature.map { "\(wire.provider):\($0)" })

        var answer: [String: Any] = ["role": "assistant", "tool_calls": calls]
        let thought = first["reasoning"] as? String ?? ""
        if let parts { answer["content"] = parts }
        if parts == nil, !thought.isEmpty { answer["content"] = [["type": "reasoning", "text": thought]] }
        let results = zip(calls, ["sun", "rain"]).map { call, weather -> [String: Any] in
            ["role": "tool", "tool_call_id": call["id"] ?? "", "content": weather]
        }
        request["messages"] = [question, answer] + results
        let second = try control.ask("generate", request)
        #expect(second.text == "Hello é", "\(second.object)")
        let received = try received(path)
        for (place, json) in feature.returned { #expect(received[place] == json, "\(place)") }
    }

    @Test("a result's parts, sent back as a message's content, arrive unchanged", arguments: WireFeature.all)
    func parts(_ feature: WireFeature) throws {
        let wire = feature.wire
        let path = wire.path(wire.model, false)
        provider.answer(path, with: wire.document(feature.thoughts), wire.document(wire.text.document))
        let control = try control(feature)
        var request: [String: Any] = ["model": name(feature), "tools": tools]
        if feature.reasons, wire.provider != "docker" { request["reasoning"] = ["effort": "high"] }
        let question: [String: Any] = ["role": "user", "content": "Paris, Rome?"]
        request["messages"] = [question]
        let first = try control.ask("generate", request)
        let parts = try #require(first["parts"] as? [[String: Any]], "\(first.object)")
        let calls = parts.filter { $0["type"] as? String == "tool_call" }
        #expect(
            calls.map { $0["id"] as? String } == (first["tool_calls"] as? [[String: Any]])?.map { $0["id"] as? String })
        #expect(
            parts.compactMap { $0["type"] as? String == "reasoning" ? $0["text"] as? String : nil }.joined()
                == first["reasoning"] as? String)
        let results = zip(calls, ["sun", "rain"]).map { call, weather -> [String: Any] in
            ["role": "tool", "tool_call_id": call["id"] ?? "", "content": weather]
        }
        request["messages"] = [question, ["role": "assistant", "content": parts] as [String: Any]] + results
        let second = try control.ask("generate", request)
        #expect(second.text == "Hello é", "\(second.object)")
        let received = try received(path)
        for (place, json) in feature.returned { #expect(received[place] == json, "\(place)") }
    }

    @Test("texts are embedded in one request, and the numbers arrive unchanged", arguments: WireFeature.all)
    func embeddings(_ feature: WireFeature) throws {
        guard let embedding = feature.embedding else {
            guard feature.wire.provider == "anthropic" else { return }
            let refused = try control(feature).ask("embed", ["model": name(feature), "input": ["one"]])
            #expect(refused.code == "capability_missing")
            return
        }
        provider.answer(embedding.path, with: feature.wire.document(embedding.reply))
        let result = try control(feature).ask(
            "embed", ["model": name(feature, embedding.model), "input": ["one", "two"]])
        #expect(result["embeddings"] as? [[Double]] == [[0.5, -1], [0.25, 0.001]], "\(result.object)")
        #expect(result["dimensions"] as? Int == 2)
        #expect((result["usage"] as? [String: Any])?["input_tokens"] as? Int == 2)
        #expect(try received(embedding.path)[embedding.place] == #""two""#)
        #expect(provider.requests.count { $0.path == embedding.path } == 1)
    }
}

extension WireFeature: CustomTestStringConvertible {
    var testDescription: String { wire.name }
}
