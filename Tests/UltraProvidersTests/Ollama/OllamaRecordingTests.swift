import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// Every recorded exchange with Ollama's own API.
@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct OllamaRecordingTests {
    static let streams = [
        "ollama/chat_stream-01", "ollama/chat_stream-02", "ollama/generate_stream-01", "ollama/json_schema_stream-01",
        "ollama/tool_results_stream-01", "ollama/tools_stream-01",
    ]
    static let documents = ["ollama/chat-01", "ollama/reasoning-01", "ollama/tool_results-01"]
    static let errors = ["ollama/error-01", "ollama/error-02"]

    static let replies = RecordedReplies(
        adapter: { _ in OllamaAdapter.testing() }, streams: streams, documents: documents,
        errors: errors, areDocumentsCut: true
    ) { text in
        text.lastIndex(of: "}").map { text.utf8.distance(from: text.startIndex, to: $0) + 1 }
    }

    @Test("recorded vectors come whole, with their length and count")
    func embeddings() throws {
        let found = try JSONReader.read(try Recording("ollama/embeddings-01").body) { reader in
            let found = try OllamaAdapter.testing().decodeEmbeddings(&reader)
            try reader.end()
            return found
        }
        #expect(found.vectors.count == 1)
        #expect(found.dimensions == 768)
        #expect(found.vectors[0].bytes.starts(with: "[-0.006746773,-0.0013343222,".utf8))
        #expect(found.providerModel == "nomic-embed-text")
        #expect(found.inputTokens == 2)
    }

    @Test("a recorded list of an older server names models, and leaves their abilities to the details")
    func models() throws {
        let page = try JSONReader.read(try Recording("ollama/models-01").body) { reader in
            try OllamaAdapter.testing().decodeModels(&reader)
        }
        #expect(
            page.models.map(\.id) == [
                "qwen3:latest", "qwen3:14b", "qwen2.5vl:7b", "mistral-small3.1:latest", "llava:latest",
                "llama3.2:latest",
            ])
        #expect(page.models.map(\.aliases) == [["qwen3"], [], [], ["mistral-small3.1"], ["llava"], ["llama3.2"]])
        #expect(page.models.allSatisfy { $0.capabilities == nil })
        #expect(page.models.allSatisfy { OllamaAdapter.testing().detailRequest($0) != nil })
    }
}
