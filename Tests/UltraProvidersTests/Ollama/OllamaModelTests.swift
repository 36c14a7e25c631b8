import Testing
import UltraAPI

@testable import UltraProviders

/// Lists and details of models, of new and old servers.
struct OllamaModelTests {
    private func list(_ json: String) throws -> [DiscoveredModel] {
        try JSONReader.read(Array(json.utf8)) { reader in
            let page = try OllamaAdapter.testing().decodeModels(&reader)
            try reader.end()
            return page.models
        }
    }

    private func detailed(_ json: String, _ change: (inout DiscoveredModel) -> Void = { _ in }) throws
        -> DiscoveredModel
    {
        var model = DiscoveredModel(id: "m")
        change(&model)
        try JSONReader.read(Array(json.utf8)) { reader in
            try OllamaAdapter.testing().decodeDetail(&reader, into: &model)
            try reader.end()
        }
        return model
    }

    @Test("a newer server says all in its list, and needs not be asked again")
    func newer() throws {
        let found = try list(
            """
            {"models":[{"name":"qwen3:8b","model":"qwen3:8b","size":1,"digest":"5","details":{"family":"qwen3",
             "families":["qwen3"],"context_length":40960,"embedding_length":4096},
             "capabilities":["completion","tools","thinking"]},
             {"name":"llava:latest","details":{"context_length":4096},"capabilities":["completion","vision","insert"]},
             {"name":"nomic-embed-text:latest","details":{"context_length":2048},"capabilities":["embedding"]},
             {"name":"flux","details":{"context_length":1},"capabilities":["image"]},
             {"model":"old"}]}
            """)
        let chat: Set<Capability> = [.chat, .streaming, .json, .jsonSchema]
        #expect(
            found.map(\.capabilities) == [
                chat.union([.tools, .reasoning]), chat.union([.vision]), [.embeddings], [], nil,
            ])
        #expect(found.map(\.kind) == [.chat, .chat, .embeddings, .other, nil])
        #expect(found.map(\.contextWindow) == [40960, 4096, 2048, 1, nil])
        #expect(found.map(\.aliases) == [[], ["llava"], ["nomic-embed-text"], [], []])
        let adapter = OllamaAdapter.testing()
        #expect(found.map { adapter.detailRequest($0) == nil } == [true, true, true, true, false])
    }

    @Test("an empty list is a list", arguments: [#"{"models":[]}"#, #"{"models":null}"#, "{}"])
    func empty(json: String) throws {
        #expect(try list(json).isEmpty)
    }

    @Test("an older server is asked for each model, under both names of the field")
    func detailRequest() throws {
        let http = try #require(OllamaAdapter.testing().detailRequest(DiscoveredModel(id: "hf.co/a/b:Q4")))
        #expect(http.url == "http://127.0.0.1:11434/api/show")
        #expect(String(decoding: http.body, as: UTF8.self) == #"{"model":"hf.co/a/b:Q4","name":"hf.co/a/b:Q4"}"#)
    }

    @Test("details give abilities and the training window")
    func details() throws {
        let found = try detailed(
            """
            {"license":"x","template":"{{ .Prompt }}","details":{"family":"llama"},"capabilities":["completion","tools"],
             "model_info":{"general.architecture":"llama","llama.context_length":131072,"llama.block_count":28}}
            """)
        #expect(found.capabilities == [.chat, .streaming, .json, .jsonSchema, .tools])
        #expect(found.kind == .chat)
        #expect(found.contextWindow == 131_072)
    }

    @Test("a window set in the model's parameters is the one it has")
    func parameters() throws {
        let found = try detailed(
            #"{"parameters":"stop  \"<|eot|>\"\nnum_ctx                        8192","capabilities":["completion"],"#
                + #""model_info":{"llama.context_length":131072}}"#)
        #expect(found.contextWindow == 8192)
    }

    @Test(
        "servers without the list of abilities show them by template, projector and family",
        arguments: [
            (#"{"template":"{{ if .Tools }}"}"#, [.chat, .streaming, .json, .jsonSchema, .tools]),
            (
                #"{"template":"x","projector_info":{"clip.has_vision_encoder":true}}"#,
                [.chat, .streaming, .json, .jsonSchema, .vision]
            ),
            (
                #"{"projector_info":null,"details":{"families":["mllama"]}}"#,
                [.chat, .streaming, .json, .jsonSchema, .vision]
            ),
            (#"{"details":{"family":"nomic-bert","families":["nomic-bert"]}}"#, [.embeddings]),
            (#"{"details":{"families":null}}"#, [.chat, .streaming, .json, .jsonSchema]),
        ] as [(String, Set<Capability>)])
    func guessed(json: String, capabilities: Set<Capability>) throws {
        #expect(try detailed(json).capabilities == capabilities)
    }

    @Test("details without abilities leave those of the list")
    func kept() throws {
        let found = try detailed(#"{"template":".Tools"}"#) { $0.capabilities = [.chat] }
        #expect(found.capabilities == [.chat])
    }

    @Test(
        "vectors keep their order and their digits",
        arguments: [
            (
                #"{"model":"e","embeddings":[[1,2.50],[3,-4e-9]],"prompt_eval_count":8}"#, ["[1,2.50]", "[3,-4e-9]"], 2,
                8
            ),
            (#"{"model":"e","embeddings":[],"total_duration":1}"#, [], nil, nil),
        ] as [(String, [String], Int?, Int?)])
    func embeddings(json: String, vectors: [String], dimensions: Int?, tokens: Int?) throws {
        let found = try JSONReader.read(Array(json.utf8)) { try OllamaAdapter.testing().decodeEmbeddings(&$0) }
        #expect(found.vectors.map { String(decoding: $0.bytes, as: UTF8.self) } == vectors)
        #expect(found.dimensions == dimensions)
        #expect(found.inputTokens == tokens)
    }
}
