import Testing
import UltraAPI
import UltraProviders

@testable import UltraDaemon

struct NeedsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var parts: [Part] = [.text("hello")]
        var hasTools = false
        var format = ResponseFormat.text
        let needs: Set<Capability>
        var testDescription: String { name }

        var request: Request {
            var request = Request(messages: [Message(.user, parts)])
            if hasTools { request.tools = [Tool(name: "clock")] }
            request.responseFormat = format
            return request
        }
    }

    @Test(
        "what a request cannot do without",
        arguments: [
            Case(name: "text", needs: [.chat]),
            Case(name: "tools", hasTools: true, needs: [.chat, .tools]),
            Case(name: "image URL", parts: [.imageURL("https://example.org/a.png")], needs: [.chat, .vision]),
            Case(
                name: "image", parts: [.text("what is it?"), .imageData(mediaType: "image/png", base64: "AA==")],
                needs: [.chat, .vision]),
            Case(name: "reasoning", parts: [.reasoning(text: "hm", signature: nil)], needs: [.chat]),
            Case(name: "JSON", format: .json, needs: [.chat, .json]),
            Case(
                name: "schema", format: .schema(name: "s", schema: RawJSON(validated: Array("{}".utf8)), strict: true),
                needs: [.chat, .jsonSchema]),
            Case(
                name: "everything", parts: [.imageURL("https://example.org/a.png")], hasTools: true, format: .json,
                needs: [.chat, .vision, .tools, .json]),
        ])
    func needs(_ row: Case) {
        #expect(Needs(row.request).capabilities == row.needs)
    }

    @Test("an embedding needs an embedding model, and no chat")
    func embedding() {
        let needs = Needs(EmbedRequest(input: ["a"]))
        #expect(needs.missing(from: [.embeddings]) == [])
        #expect(needs.missing(from: [.chat, .streaming]) == ["embeddings"])
        #expect(Needs(Request(messages: [])).missing(from: [.embeddings]) == ["chat"])
    }

    @Test(
        "what a model lacks; nothing where nobody knows",
        arguments: [
            (nil, []), ([.chat, .tools, .json], []), ([.chat], ["json", "tools"]), ([], ["json", "tools"]),
            ([.jsonSchema, .tools], []), ([.tools], ["json"]),
        ] as [(Set<Capability>?, [String])])
    func missing(known: Set<Capability>?, expected: [String]) {
        let needs = Needs(Case(name: "", hasTools: true, format: .json, needs: []).request)
        #expect(needs.missing(from: known) == expected)
    }
}
