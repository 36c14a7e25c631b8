import Testing
import UltraAPI
import UltraProviders

@testable import UltraDaemon

struct RequiredCapabilitiesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var parts: [Part] = [.text("hello")]
        var hasTools = false
        var format = ResponseFormat.text
        let required: Set<Capability>
        var testDescription: String { name }

        var request: Request {
            var request = Request(messages: [Message(.user, parts)])
            if hasTools { request.tools = [Tool(name: "clock")] }
            request.responseFormat = format
            return request
        }
    }

    @Test(
        "capabilities that a request requires",
        arguments: [
            Case(name: "text", required: [.chat]),
            Case(name: "tools", hasTools: true, required: [.chat, .tools]),
            Case(name: "image URL", parts: [.imageURL("https://example.org/a.png")], required: [.chat, .vision]),
            Case(
                name: "image", parts: [.text("what is it?"), .imageData(mediaType: "image/png", base64: "AA==")],
                required: [.chat, .vision]),
            Case(name: "reasoning", parts: [.reasoning(text: "hm", signature: nil)], required: [.chat]),
            Case(name: "JSON", format: .json, required: [.chat, .json]),
            Case(
                name: "schema", format: .schema(name: "s", schema: RawJSON(validated: Array("{}".utf8)), strict: true),
                required: [.chat, .jsonSchema]),
            Case(
                name: "everything", parts: [.imageURL("https://example.org/a.png")], hasTools: true, format: .json,
                required: [.chat, .vision, .tools, .json]),
        ])
    func required(_ row: Case) {
        #expect(RequiredCapabilities(row.request).capabilities == row.required)
    }

    @Test("an embedding required an embedding model, and no chat")
    func embedding() {
        let required = RequiredCapabilities(EmbedRequest(input: ["a"]))
        #expect(required.missing(from: [.embeddings]) == [])
        #expect(required.missing(from: [.chat, .streaming]) == ["embeddings"])
        #expect(RequiredCapabilities(Request(messages: [])).missing(from: [.embeddings]) == ["chat"])
    }

    @Test(
        "the capabilities that a model lacks; none if its capabilities are unknown",
        arguments: [
            (nil, []), ([.chat, .tools, .json], []), ([.chat], ["json", "tools"]), ([], ["json", "tools"]),
            ([.jsonSchema, .tools], []), ([.tools], ["json"]),
        ] as [(Set<Capability>?, [String])])
    func missing(known: Set<Capability>?, expected: [String]) {
        let required = RequiredCapabilities(Case(name: "", hasTools: true, format: .json, required: []).request)
        #expect(required.missing(from: known) == expected)
    }
}
