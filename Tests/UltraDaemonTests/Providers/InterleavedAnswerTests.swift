import Foundation
import ScriptedProvider
import Testing

/// Answers in which reasoning, text and calls alternate: delivered in their order, and sent back in it.
@Suite("Interleaved answers")
struct InterleavedAnswerTests {
    private static let parts = [
        "reasoning One. 1", "text Two.", "tool_call weather", "reasoning Four. 4", "text Five.",
    ]

    /// The type and content of each part.
    private static func told(_ frame: Frame) -> [String] {
        (frame["parts"] as? [[String: Any]] ?? []).map { part in
            let signature = (part["signature"] as? String)?.split(separator: ":").last
            return [part["type"] as? String, (part["text"] ?? part["name"]) as? String, signature.map(String.init)]
                .compactMap(\.self).joined(separator: " ")
        }
    }

    private static func json(_ value: Any) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self)
    }

    private static let tools = #""tools":[{"name":"weather","parameters":{"type":"object","properties":{}}}]"#

    /// Sends a request, then one with the first answer in its conversation; returns the last body that the provider
    /// received.
    private func conversation(
        _ wire: Wire, _ answer: String, parts: [String] = parts, _ more: String = #""reasoning":{"effort":"high"}"#
    ) throws -> [String: Any] {
        let provider = try ScriptedProvider()
        let path = wire.path(wire.model, false)
        provider.answer(path, with: wire.document(answer), wire.document(wire.text.document))
        let client = try wire.daemon(provider).client()
        func ask(_ id: Int, _ messages: String) throws -> Frame {
            try client.ask(
                #"{"id":\#(id),"op":"generate","model":"\#(wire.provider)/\#(wire.model)",\#(more),\#(Self.tools),"messages":[{"role":"user","content":"Go"}\#(messages)]}"#,
                id: id)
        }
        let first = try ask(1, "")
        #expect(Self.told(first) == parts, "\(first.object)")
        let calls = first["tool_calls"] as? [[String: Any]] ?? []
        let result = try calls.map { call in
            try Self.json(["role": "tool", "tool_call_id": call["id"] ?? "", "content": "sun"])
        }
        let message = try Self.json(["role": "assistant", "content": first["parts"] ?? []])
        let second = try ask(2, "," + ([message] + result).joined(separator: ","))
        #expect(second.text == "Hello é", "\(second.object)")
        let body = try #require(provider.requests.last { $0.path == path }).bodyText
        return try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
    }

    @Test("Anthropic gets its blocks back as they were")
    func anthropic() throws {
        let blocks =
            #"[{"type":"thinking","thinking":"One.","signature":"1"},{"type":"text","text":"Two."},{"type":"tool_use","id":"toolu_1","name":"weather","input":{}},{"type":"thinking","thinking":"Four.","signature":"4"},{"type":"text","text":"Five."}]"#
        let body = try conversation(
            .anthropic,
            #"{"type":"message","model":"c","content":\#(blocks),"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":9}}"#
        )
        let messages = try #require(body["messages"] as? [[String: Any]])
        let expected = try JSONSerialization.jsonObject(with: Data(blocks.utf8)) as? NSArray
        #expect(messages[1]["content"] as? NSArray == expected)
    }

    @Test("Gemini gets its parts back in their order, each proof on its text or call")
    func gemini() throws {
        let body = try conversation(
            .gemini,
            #"{"candidates":[{"content":{"role":"model","parts":[{"text":"One.","thought":true},{"text":"Two.","thoughtSignature":"MQ=="},{"functionCall":{"name":"weather","args":{}},"thoughtSignature":"Mg=="},{"text":"Five.","thoughtSignature":"NA=="}]},"finishReason":"STOP"}],"usageMetadata":{"candidatesTokenCount":9}}"#,
            parts: ["reasoning One. MQ==", "text Two.", "tool_call weather Mg==", "reasoning  NA==", "text Five."])
        let contents = try #require(body["contents"] as? [[String: Any]])
        let parts = try #require(contents[1]["parts"] as? [[String: Any]])
        let kinds = parts.map { part in
            [part["text"] as? String ?? "call", part["thoughtSignature"] as? String].compactMap(\.self)
                .joined(separator: " ")
        }
        #expect(kinds == ["Two. MQ==", "call Mg==", "Five. NA=="])
    }

    @Test("a kept answer has the parts in the same order")
    func kept() throws {
        let provider = try ScriptedProvider()
        let wire = Wire.anthropic
        provider.answer(
            wire.path(wire.model, false),
            with: wire.document(
                #"{"type":"message","model":"c","content":[{"type":"text","text":"Two."},{"type":"thinking","thinking":"One.","signature":"1"},{"type":"text","text":"Five."}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":9}}"#
            ))
        let daemon = try DaemonProcess(
            ["ANTHROPIC_API_KEY": "key-of-a-test", "ANTHROPIC_API_ENDPOINT": provider.url + "/v1"],
            file: "[cache]\nenabled = true\n")
        let client = try daemon.client()
        for (id, state) in [(1, "miss"), (2, "hit")] {
            let frame = try client.ask(
                #"{"id":\#(id),"op":"generate","model":"anthropic/\#(wire.model)","prompt":"hi"}"#, id: id)
            #expect(frame["cache"] as? String == state, "\(frame.object)")
            #expect(Self.told(frame) == ["text Two.", "reasoning One. 1", "text Five."])
        }
    }
}
