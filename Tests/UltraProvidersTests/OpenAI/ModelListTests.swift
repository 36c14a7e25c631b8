import Testing
import UltraAPI

@testable import UltraProviders

/// Model lists of servers that extend OpenAI's format, each with its own names.
struct ModelListTests {
    private func models(_ json: String, dialect: Dialect = .of("llm.example.com")) throws -> [DiscoveredModel] {
        try Array(json.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try OpenAIAdapter.testing(dialect: dialect).decodeModels(&reader).models
        }
    }

    private func model(_ id: String, _ change: (inout DiscoveredModel) -> Void) -> DiscoveredModel {
        var model = DiscoveredModel(id: id)
        change(&model)
        return model
    }

    @Test("Groq: windows, and models that are switched off")
    func groq() throws {
        let found = try models(
            """
            {"object":"list","data":[
             {"id":"a","object":"model","active":true,"context_window":131072,"max_completion_tokens":32768},
             {"id":"b","object":"model","active":false,"context_window":8192}]}
            """)
        #expect(
            found == [
                model("a") {
                    $0.contextWindow = 131_072
                    $0.maxOutputTokens = 32_768
                }
            ])
    }

    @Test("OpenRouter: prices per token as strings, parameters as capabilities")
    func openRouter() throws {
        let found = try models(
            """
            {"data":[{"id":"a/b","name":"A: B","context_length":200000,
              "architecture":{"input_modalities":["text","image"],"tokenizer":"x"},
              "pricing":{"prompt":"0.0000025","completion":"0.00001","input_cache_read":"0.00000125"},
              "top_provider":{"context_length":200000,"max_completion_tokens":16384,"is_moderated":true},
              "supported_parameters":["tools","structured_outputs","response_format","reasoning","temperature"]},
             {"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"}}]}
            """)
        #expect(
            found == [
                model("a/b") {
                    $0.displayName = "A: B"
                    $0.contextWindow = 200_000
                    $0.maxOutputTokens = 16_384
                    $0.capabilities = [.chat, .streaming, .tools, .json, .jsonSchema, .reasoning, .vision]
                    $0.price = Price(input: 2.5, cachedInput: 1.25, output: 10)
                }, model("openrouter/auto") { _ in },
            ])
    }

    @Test("Together: a bare array with types and prices per million")
    func together() throws {
        let found = try models(
            """
            [{"id":"m/chat","type":"chat","display_name":"M","context_length":4096,"pricing":{"input":0.2,"output":0.6}},
             {"id":"m/embed","type":"embedding"},{"id":"m/flux","type":"image"}]
            """)
        #expect(found.map(\.kind) == [.chat, .embeddings, .other])
        #expect(found[0].price == Price(input: 0.2, output: 0.6))
    }

    @Test(
        "vLLM, llama.cpp and Docker name the window differently",
        arguments: [
            (#"{"data":[{"id":"m","max_model_len":4096}]}"#, 4096),
            (#"{"data":[{"id":"m","meta":{"n_ctx_train":32768,"n_ctx":8192}}],"models":[{"name":"m"}]}"#, 8192),
            (#"{"data":[{"id":"m","meta":{"n_ctx_train":32768}}]}"#, 32_768),
            (#"{"data":[{"id":"m","meta":null}]}"#, nil),
            (#"{"data":[{"id":"m","dmr":{"context_window":8192}}]}"#, 8192),
        ] as [(String, Int?)])
    func windows(json: String, window: Int?) throws {
        #expect(try models(json).map(\.contextWindow) == [window])
    }

    @Test("llama.cpp names the models with vision in a second list")
    func multimodal() throws {
        let found = try models(
            """
            {"models":[{"name":"a","model":"a","capabilities":["completion","multimodal"]},
             {"name":"b","capabilities":["completion"]},null],"data":[{"id":"a"},{"id":"b"}]}
            """)
        #expect(found.map(\.capabilities) == [[.vision], nil])
    }

    @Test("Fireworks: flags")
    func fireworks() throws {
        let found = try models(
            """
            {"data":[{"id":"accounts/fireworks/models/a","context_length":4096,"supports_chat":true,
              "supports_image_input":true,"supports_tools":true},
             {"id":"b","supports_chat":false,"supports_image_input":false,"supports_tools":null}]}
            """)
        #expect(found.map(\.kind) == [.chat, nil])
        #expect(found.map(\.capabilities) == [[.vision, .tools], nil])
        #expect(found[0].contextWindow == 4096)
    }

    @Test(
        "a model that will be retired has its date",
        arguments: [
            (#"{"data":[{"id":"m","expiration_date":"2027-01-14"}]}"#, "2027-01-14"),
            (#"{"data":[{"id":"m","shutdown_date":1799971200}]}"#, "1799971200"),
            (#"{"data":[{"id":"m","shutdown_date":null}]}"#, nil),
        ] as [(String, String?)])
    func retirement(json: String, date: String?) throws {
        #expect(try models(json).map(\.retiresOn) == [date])
    }

    @Test("models of the Responses API alone are chat models", arguments: ["o3-pro", "gpt-5.4-pro", "gpt-5.2-codex"])
    func responsesOnly(id: String) throws {
        #expect(try models(#"{"data":[{"id":"\#(id)"}]}"#, dialect: .openAI).map(\.kind) == [.chat])
    }

    @Test("an Azure deployment has the list of its resource")
    func azure() throws {
        let endpoint = try Endpoint(
            "https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21", versionPath: "/openai/v1")
        let adapter = OpenAIAdapter(endpoint: endpoint, key: Secret("k"), dialect: .of(endpoint.host))
        let request = adapter.listRequest(page: nil)
        #expect(request.url == "https://r.openai.azure.com/openai/models?api-version=2024-10-21")
        #expect(request.headers.first == HTTPHeader("api-key", "k"))
    }

    @Test("an empty list is a list", arguments: [#"{"object":"list","data":[]}"#, #"{"data":null}"#, "[]"])
    func empty(json: String) throws {
        #expect(try models(json).isEmpty)
    }
}
