import Testing
import UltraAPI

@testable import UltraProviders

/// Kinds of model cards that the recorded list does not have.
struct MistralModelsTests {
    private func models(_ json: String) throws -> [DiscoveredModel] {
        try Array(json.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try MistralAdapter.testing().decodeModels(&reader).models
        }
    }

    @Test("a newer card says that it reasons; the alias may come first")
    func newer() throws {
        let card = #""capabilities":{"completion_chat":true,"reasoning":true,"vision":null}"#
        let found = try models(
            """
            {"object":"list","data":[
             {"id":"mistral-small-latest","name":"mistral-small-2603","aliases":["mistral-small-2603"],\(card)},
             {"id":"mistral-small-2603","name":"mistral-small-2603","aliases":["mistral-small-latest"],
              "max_context_length":262144,\(card)}]}
            """)
        #expect(found.map(\.id) == ["mistral-small-2603"])
        #expect(found.first?.aliases == ["mistral-small-latest"])
        #expect(found.first?.capabilities == [.chat, .streaming, .json, .jsonSchema, .reasoning])
    }

    @Test("older cards have no name, fewer flags or none")
    func older() throws {
        let found = try models(
            """
            {"data":[{"id":"a","aliases":["a-latest"],"capabilities":{"completion_chat":true}},
             {"id":"a-latest","aliases":["a"],"capabilities":{"completion_chat":true}},
             {"id":"open-mixtral-8x7b","capabilities":{"completion_chat":true,"function_calling":true}},
             {"id":"mistral-embed"},{"id":"unsaid"},{"id":"ft:x","archived":true},{"aliases":[]},7]}
            """)
        #expect(found.map(\.id) == ["a", "open-mixtral-8x7b", "mistral-embed", "unsaid"])
        #expect(found[0].aliases == ["a-latest"])
        #expect(found[1].capabilities == [.chat, .streaming, .tools])
        #expect(found.map(\.kind) == [.chat, .chat, .embeddings, nil])
    }

    @Test("an empty list is a list", arguments: [#"{"object":"list","data":[]}"#, #"{"data":null}"#])
    func empty(json: String) throws {
        #expect(try models(json).isEmpty)
    }
}
