import Testing
import UltraAPI

@testable import UltraProviders

/// Lists of models in all their forms: the runner's own, OpenAI's, one model, old and new spellings.
struct DockerModelTests {
    private func models(_ json: String) throws -> [DiscoveredModel] {
        try JSONReader.read(Array(json.utf8)) { reader in
            let page = try DockerAdapter.testing().decodeModels(&reader)
            try reader.end()
            return page.models
        }
    }

    private static let smol =
        #"{"id":"sha256:354bf3","tags":["docker.io/ai/smollm2:latest","docker.io/ai/smollm2:360M-Q4_K_M"],"#
        + #""created":1742816981,"config":{"format":"gguf","quantization":"Q4","parameters":"361.82M","#
        + #""architecture":"llama","size":"256.35 MiB","gguf":{"general.architecture":"llama","#
        + #""llama.context_length":"8192","tokenizer.chat_template":"{% if tools %}<think>"}}}"#

    @Test("the runner's own list has tags, a context window and a template that shows the capabilities")
    func own() throws {
        let found = try #require(try models("[\(Self.smol)]").first)
        #expect(found.id == "ai/smollm2")
        #expect(
            found.aliases == [
                "ai/smollm2:360M-Q4_K_M", "ai/smollm2:latest", "smollm2", "docker.io/ai/smollm2",
                "smollm2:360M-Q4_K_M", "docker.io/ai/smollm2:360M-Q4_K_M",
            ])
        #expect(found.kind == .chat)
        #expect(found.contextWindow == 8192)
        #expect(found.capabilities == [.chat, .streaming, .json, .jsonSchema, .tools, .reasoning])
    }

    @Test("one model is a list of one")
    func one() throws {
        #expect(try models(Self.smol) == models("[\(Self.smol)]"))
    }

    @Test("OpenAI's list has one name a model, and on newer servers a window")
    func openAI() throws {
        let found = try models(
            #"{"object":"list","data":[{"id":"docker.io/ai/smollm2:latest","object":"model","owned_by":"docker","#
                + #""dmr":{"context_window":4096,"architecture":"llama"}},{"id":"ai/mxbai-embed-large:latest"},"#
                + #"{"id":"sha256:354bf30d","object":"model"}]}"#)
        #expect(found.map(\.id) == ["ai/smollm2", "ai/mxbai-embed-large", "sha256:354bf30d"])
        #expect(found.map(\.kind) == [.chat, .embeddings, .chat])
        #expect(found.map(\.contextWindow) == [4096, nil, nil])
        #expect(found.map(\.capabilities) == [nil, [.embeddings], nil])
        #expect(found[2].aliases.isEmpty)
    }

    @Test(
        "kinds and context windows are read from where each version puts them",
        arguments: [
            (#"{"id":"sha256:1","config":{"architecture":"nomic-bert"}}"#, .embeddings, nil),
            (#"{"id":"sha256:1","tags":["ai/sd:latest"],"config":{"format":"diffusers"}}"#, .other, nil),
            (
                #"{"id":"sha256:1","config":{"context_size":2048,"gguf":{"general.architecture":"bert","bert.context_length":"512"}}}"#,
                .embeddings, 2048
            ),
            (#"{"id":"sha256:1","config":{"context_size":0,"gguf":{"llama.context_length":"512"}}}"#, .chat, 512),
            (#"{"id":"sha256:1","config":{"descriptor":{},"modelfs":{"type":"layers"}}}"#, .chat, nil),
            (#"{"id":"sha256:1","tags":null,"config":null}"#, .chat, nil),
        ] as [(String, DiscoveredModel.Kind, Int?)])
    func kinds(json: String, kind: DiscoveredModel.Kind, window: Int?) throws {
        let found = try #require(try models("[\(json)]").first)
        #expect(found.kind == kind)
        #expect(found.contextWindow == window)
    }

    @Test("an empty list is a list", arguments: ["[]", "null", #"{"object":"list","data":[]}"#, #"{"data":null}"#])
    func empty(json: String) throws {
        #expect(try models(json).isEmpty)
    }

    @Test(
        "one model has many names",
        arguments: [
            ("docker.io/ai/smollm2:latest", "ai/smollm2"), ("index.docker.io/ai/smollm2:latest", "ai/smollm2"),
            ("ai/smollm2", "ai/smollm2"), ("ai/smollm2:360M-Q4_K_M", "ai/smollm2:360M-Q4_K_M"),
            ("huggingface.co/a/b:Q4_K_M", "hf.co/a/b:Q4_K_M"), ("hf.co/a/b", "hf.co/a/b"),
            ("registry.example.com:5000/x/y:latest", "registry.example.com:5000/x/y"),
            ("sha256:354bf30d0aa3", "sha256:354bf30d0aa3"),
        ])
    func name(tag: String, short: String) {
        #expect(DockerModelName.short(tag) == short)
    }
}
