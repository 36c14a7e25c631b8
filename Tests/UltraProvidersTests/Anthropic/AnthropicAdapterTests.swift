import Testing
import UltraAPI

@testable import UltraProviders

struct AnthropicAdapterTests {
    private let request = Request(messages: [Message(.user, [.text("Hi")])])

    @Test("the key goes into a header and nowhere else")
    func key() throws {
        let adapter = AnthropicAdapter.testing(key: Secret("sk-ant-api03-x"))
        let http = try adapter.encode(request, model: "claude-opus-5", isStream: true).http
        #expect(http.method == .post)
        #expect(http.url == "https://api.example.com/v1/messages")
        #expect(
            http.headers == [
                HTTPHeader("x-api-key", "sk-ant-api03-x"), HTTPHeader("anthropic-version", "2023-06-01"),
                HTTPHeader("Content-Type", "application/json"), HTTPHeader("Accept", "text/event-stream"),
            ])
    }

    @Test("a token is a bearer token")
    func token() {
        let headers = AnthropicAdapter.testing(key: Secret("sk-ant-oat01-x")).listRequest(page: nil).headers
        #expect(headers.first == HTTPHeader("Authorization", "Bearer sk-ant-oat01-x"))
        #expect(!headers.contains { $0.name == "x-api-key" })
    }

    @Test("without a key there is no header for it")
    func noKey() {
        let names = AnthropicAdapter.testing().listRequest(page: nil).headers.map(\.name)
        #expect(names == ["anthropic-version", "Accept"])
    }

    @Test("version and betas of a request go into headers")
    func options() throws {
        var request = request
        request.providerOptions["anthropic"] = RawJSON(
            validated: Array(#"{"anthropic_version":"2026-10-21","anthropic_beta":["a","b"]}"#.utf8))
        request.sampling.temperature = 0.2
        let encoded = try AnthropicAdapter.testing().encode(request, model: "claude-haiku-4-5", isStream: false)
        #expect(encoded.http.headers.contains(HTTPHeader("anthropic-version", "2026-10-21")))
        #expect(encoded.http.headers.contains(HTTPHeader("anthropic-beta", "a,b")))
        #expect(encoded.warnings == ["anthropic/claude-haiku-4-5 does not take temperature: it was left out"])
        #expect(!String(decoding: encoded.http.body, as: UTF8.self).contains("anthropic_"))
    }

    @Test("a page of models begins after the last one, whatever it is called")
    func pages() {
        let adapter = AnthropicAdapter.testing()
        #expect(adapter.listRequest(page: nil).url == "https://api.example.com/v1/models?limit=1000")
        #expect(
            adapter.listRequest(page: "a/b &é").url
                == "https://api.example.com/v1/models?limit=1000&after_id=a%2Fb%20%26%C3%A9")
    }

    private func models(_ json: String) throws -> ModelPage {
        try Array(json.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try AnthropicAdapter.testing().decodeModels(&reader)
        }
    }

    @Test("a list has context windows, retirement dates and capabilities")
    func list() throws {
        let page = try models(
            """
            {"data":[{"type":"model","id":"claude-opus-5-5","display_name":"Claude Opus 5.5",
              "created_at":"2026-09-22T00:00:00Z","lifecycle":"active","line":"opus","max_input_tokens":1000000,
              "max_tokens":128000,"deprecated_at":null,"retires_at":"2028-01-01T00:00:00Z",
              "capabilities":{"image_input":{"supported":true},"structured_outputs":{"supported":true},
                "thinking":{"supported":true,"types":{"adaptive":{"supported":true},"enabled":{"supported":false}}},
                "effort":{"supported":true},"batch":{"supported":true}}},
             {"id":"b","max_input_tokens":null,"capabilities":{"image_input":{"supported":false},"thinking":null}},
             {"id":"c","capabilities":null},{"id":""},7],
             "has_more":true,"first_id":"claude-opus-5-5","last_id":"c"}
            """)
        #expect(page.next == "c")
        var first = DiscoveredModel(id: "claude-opus-5-5")
        first.displayName = "Claude Opus 5.5"
        first.kind = .chat
        first.contextWindow = 1_000_000
        first.maxOutputTokens = 128_000
        first.retiresOn = "2028-01-01T00:00:00Z"
        first.capabilities = [.chat, .streaming, .tools, .json, .vision, .jsonSchema, .reasoning]
        #expect(page.models.first == first)
        #expect(page.models.map(\.id) == ["claude-opus-5-5", "b", "c"])
        #expect(page.models[1].capabilities == [.chat, .streaming, .tools, .json])
        #expect(page.models[2].capabilities == nil)
    }

    @Test(
        "a list with odd entries is read",
        arguments: [
            (#"{"data":[{"id":"a"}],"has_more":true}"#, ["a"], "a"), (#"{"data":[],"has_more":false}"#, [], nil),
            (#"{"data":[],"has_more":true,"last_id":null}"#, [], nil), (#"{"data":null}"#, [], nil),
        ] as [(String, [String], String?)])
    func oddList(json: String, ids: [String], next: String?) throws {
        let page = try models(json)
        #expect(page.models.map(\.id) == ids)
        #expect(page.next == next)
    }

    @Test("there are no embeddings")
    func embeddings() {
        let error = #expect(throws: UltraError.self) {
            try AnthropicAdapter.testing().encodeEmbed(EmbedRequest(input: ["a"]), model: "claude-opus-5")
        }
        #expect(error?.code == .capabilityMissing)
    }
}
