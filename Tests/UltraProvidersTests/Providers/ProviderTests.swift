import Testing
import UltraAPI

@testable import UltraProviders

struct ProviderTests {
    private func openAI(_ environment: [String: String]) throws -> Provider {
        let found = Provider.configured(environment: environment)
        #expect(found.problems.isEmpty)
        return try #require(found.providers.first { $0.id == "openai" })
    }

    private func adapters(_ provider: Provider) -> [any Adapter] {
        if case .http(_, let adapters) = provider.backend { adapters } else { [] }
    }

    @Test("without a key a provider is listed with what it needs")
    func keyless() throws {
        let provider = try openAI([:])
        #expect(provider.missingKeyVariables == ["OPENAI_API_KEY"])
        #expect(adapters(provider).isEmpty)
        let hidden = Provider.configured(environment: ["AUTO_REGISTER_PROVIDERS": "false"])
        #expect(!hidden.providers.contains { $0.id == "openai" })
    }

    @Test("keys are trimmed, separated by commas, and an adapter each")
    func keys() throws {
        let provider = try openAI(["OPENAI_API_KEY": " sk-a ,sk-b,, sk-a\n", "OPENAI_ORG_ID": "org-1"])
        #expect(provider.missingKeyVariables.isEmpty)
        #expect(adapters(provider).map(\.key) == [Secret("sk-a"), Secret("sk-b")])
        #expect(adapters(provider).compactMap { ($0 as? OpenAIAdapter)?.organization } == ["org-1", "org-1"])
    }

    @Test("an empty variable counts as unset")
    func empty() throws {
        let provider = try openAI(["OPENAI_API_KEY": "  ", "OPENAI_API_ENDPOINT": "", "MAX_CONCURRENT_OPENAI": ""])
        #expect(provider.missingKeyVariables == ["OPENAI_API_KEY"])
        guard case .http(let endpoint, _) = provider.backend else { return }
        #expect(endpoint.base == "https://api.openai.com/v1")
    }

    @Test("an endpoint of one's own speaks OpenAI's dialect, unless its host is known for another")
    func endpoint() throws {
        let own = try openAI(["OPENAI_API_KEY": "k", "OPENAI_API_ENDPOINT": "http://127.0.0.1:9/"])
        #expect((adapters(own).first as? OpenAIAdapter)?.dialect == .openAI)
        #expect(adapters(own).first?.listRequest(page: nil).url == "http://127.0.0.1:9/v1/models")
        let groq = try openAI(["OPENAI_API_KEY": "k", "OPENAI_API_ENDPOINT": "https://api.groq.com/openai/v1"])
        #expect((adapters(groq).first as? OpenAIAdapter)?.dialect == .of("api.groq.com"))
    }

    @Test(
        "a bad setting is named, and its value is not shown",
        arguments: [
            ("OPENAI_API_ENDPOINT", "secret", "OPENAI_API_ENDPOINT is not a URL such as https://api.example.com/v1"),
            (
                "OPENAI_API_KEY", "secret secret",
                "OPENAI_API_KEY holds a key with a blank, a control character or a letter that is not ASCII"
            ),
            ("MAX_CONCURRENT_OPENAI", "0", "MAX_CONCURRENT_OPENAI must be a number from 1 to 10000"),
            ("AUTO_REGISTER_PROVIDERS", "secret", "AUTO_REGISTER_PROVIDERS must be true or false"),
            ("USE_MOCK", "2", "USE_MOCK must be true or false"),
        ])
    func problem(variable: String, value: String, text: String) {
        let found = Provider.configured(environment: [variable: value])
        #expect(found.problems.map(\.description) == [text])
    }

    @Test("the mock is there when it is asked for", arguments: [("true", true), ("YES", true), ("0", false)])
    func mock(value: String, isThere: Bool) {
        let found = Provider.configured(environment: ["USE_MOCK": value])
        #expect(found.providers.contains { $0.id == "mock" } == isThere)
    }

    @Test("any other server that speaks OpenAI's API needs no code")
    func servers() throws {
        let found = Provider.configured(
            environment: [:],
            servers: [
                .init(name: "groq", endpoint: "https://api.groq.com", keys: [Secret("k")], concurrencyLimit: 3),
                .init(name: "box", endpoint: "http://10.0.0.7:8000"),
            ])
        #expect(found.problems.isEmpty)
        let groq = try #require(found.providers.first { $0.id == "groq" })
        #expect(!groq.isLocal)
        #expect(groq.concurrencyLimit == 3)
        #expect(adapters(groq).first?.listRequest(page: nil).url == "https://api.groq.com/openai/v1/models")
        let box = try #require(found.providers.first { $0.id == "box" })
        #expect(box.isLocal)
        #expect(adapters(box).map { $0.key == nil } == [true])
        #expect(adapters(box).compactMap { ($0 as? OpenAIAdapter)?.api } == [.chat])
    }

    @Test("a server is asked with the API its configuration names")
    func api() throws {
        let found = Provider.configured(
            environment: [:], servers: [.init(name: "x", endpoint: "https://api.x.ai", api: .responses)])
        let x = try #require(found.providers.first { $0.id == "x" })
        let adapter = try #require(adapters(x).first)
        let serving = adapter.serving(Request(messages: [Message(.user, [.text("Hi")])]), model: "grok-4")
        #expect(serving is ResponsesAdapter)
        #expect(serving.provider == "x")
    }

    @Test(
        "an Azure deployment needs a version, and has no Responses API",
        arguments: [
            (
                "https://r.openai.azure.com/openai/deployments/d", OpenAIAdapter.API.chat,
                ["providers.az.endpoint must end in ?api-version=VERSION, as every deployment's of Azure"]
            ),
            (
                "https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21", .responses,
                ["providers.az.api cannot be responses with a deployment: end the endpoint in /openai/v1"]
            ),
            ("https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21", .chat, []),
            ("https://r.openai.azure.com", .responses, []),
        ])
    func azure(endpoint: String, api: OpenAIAdapter.API, problems: [String]) {
        let found = Provider.configured(
            environment: [:], servers: [.init(name: "az", endpoint: endpoint, keys: [Secret("k")], api: api)])
        #expect(found.problems.map(\.description) == problems)
        #expect(found.providers.contains { $0.id == "az" } == problems.isEmpty)
    }

    @Test("a server with a bad name or endpoint is left out and named")
    func badServers() {
        let found = Provider.configured(
            environment: [:],
            servers: [
                .init(name: "openai", endpoint: "https://a.example"), .init(name: "A/B", endpoint: "https://a.example"),
                .init(name: "x", endpoint: "http://a.example"), .init(name: "y", endpoint: "https://a.example"),
                .init(name: "y", endpoint: "https://b.example"),
            ])
        #expect(
            found.problems.map(\.setting) == [
                "providers.openai", "providers.A/B", "providers.x.endpoint", "providers.y",
            ])
    }
}
