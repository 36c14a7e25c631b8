import Testing
import UltraAPI

@testable import UltraProviders

/// Cohere's list as in its reference, since no recording has one.
struct CohereModelsTests {
    private func page(_ json: String) throws -> ModelPage {
        try Array(json.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try CohereAdapter.testing().decodeModels(&reader)
        }
    }

    @Test("kinds, windows and capabilities")
    func models() throws {
        let found = try page(
            """
            {"models":[
             {"name":"command-a-03-2025","is_deprecated":false,"endpoints":["chat"],"finetuned":false,
              "context_length":256000.0,"features":["json_mode","json_schema","safety_modes","strict_tools","tools"],
              "default_endpoints":[],"supports_vision":false,"sampling_defaults":{"temperature":0.3}},
             {"name":"command-a-vision","endpoints":["chat","generate"],"context_length":128000,
              "features":["vision","reasoning","logprobs"]},
             {"name":"old","endpoints":["generate","chat"],"context_length":4096,"features":null},
             {"name":"embed-v4.0","endpoints":["embed"],"context_length":128000,"features":null},
             {"name":"rerank-v3.5","endpoints":["rerank"],"context_length":0,"features":null},
             {"name":"unsaid"},{"name":""},7],"next_page_token":"abc"}
            """)
        #expect(found.next == "abc")
        #expect(
            found.models.map(\.id) == [
                "command-a-03-2025", "command-a-vision", "old", "embed-v4.0", "rerank-v3.5", "unsaid",
            ])
        #expect(found.models.map(\.kind) == [.chat, .chat, .chat, .embeddings, .other, nil])
        #expect(found.models.map(\.contextWindow) == [256_000, 128_000, 4096, 128_000, nil, nil])
        #expect(
            found.models.map(\.capabilities) == [
                [.chat, .streaming, .json, .jsonSchema, .tools], [.chat, .streaming, .vision, .reasoning], nil,
                [.embeddings], nil, nil,
            ])
    }

    @Test("the last page has no token", arguments: ["", #","next_page_token":"""#, #","next_page_token":null"#])
    func last(rest: String) throws {
        #expect(try page(#"{"models":[]\#(rest)}"#) == ModelPage())
    }
}
