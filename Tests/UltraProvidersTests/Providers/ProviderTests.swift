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

    @Test("Anthropic's variables, and its place after OpenAI")
    func anthropic() throws {
        let found = Provider.configured(
            environment: [
                "ANTHROPIC_API_KEY": "sk-ant-a,sk-ant-b", "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
                "MAX_CONCURRENT_ANTHROPIC": "3",
            ])
        #expect(found.problems.isEmpty)
        #expect(found.providers.prefix(2).map(\.id) == ["openai", "anthropic"])
        let provider = found.providers[1]
        #expect(adapters(provider).map(\.key) == [Secret("sk-ant-a"), Secret("sk-ant-b")])
        #expect(adapters(provider).first?.listRequest(page: nil).url == "http://127.0.0.1:9/v1/models?limit=1000")
        #expect(provider.concurrencyLimit == 3)
        let keyless = Provider.configured(environment: [:]).providers.first { $0.id == "anthropic" }
        #expect(keyless?.missingKeyVariables == ["ANTHROPIC_API_KEY"])
        guard case .http(let endpoint, _)? = keyless?.backend else { return }
        #expect(endpoint.base == "https://api.anthropic.com/v1")
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
                ["providers.az.endpoint must end in ?api-version=VERSION, because it is an Azure deployment"]
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

    @Test(
        "each provider has its adapter, endpoint and key",
        arguments: [
            ("mistral", "MISTRAL_API_KEY", "https://api.mistral.ai/v1/models"),
            ("cohere", "COHERE_API_KEY", "https://api.cohere.com/v1/models?page_size=1000"),
            ("cohere", "CO_API_KEY", "https://api.cohere.com/v1/models?page_size=1000"),
        ])
    func table(id: String, variable: String, list: String) throws {
        let found = Provider.configured(environment: [variable: "k"])
        let provider = try #require(found.providers.first { $0.id == id })
        let adapter = try #require(adapters(provider).first)
        #expect(adapter.provider == id)
        #expect(adapter.key == Secret("k"))
        #expect(adapter.listRequest(page: nil).url == list)
        #expect(!provider.isLocal)
    }
}

extension ProviderTests {
    @Test(
        "Gemini's key has two names, of which the older wins, and its endpoint a version",
        arguments: [
            (["GEMINI_API_KEY": "b"], "b"), (["GOOGLE_API_KEY": "a", "GEMINI_API_KEY": "b"], "a"),
            (["GOOGLE_API_KEY": " ", "GEMINI_API_KEY": "b"], "b"),
        ])
    func gemini(environment: [String: String], key: String) throws {
        let found = Provider.configured(environment: environment)
        let provider = try #require(found.providers.first { $0.id == "gemini" })
        guard case .http(let endpoint, let adapters) = provider.backend else { return }
        #expect(adapters.map(\.key) == [Secret(key)])
        #expect(endpoint.base == "https://generativelanguage.googleapis.com/v1beta")
        let own = Provider.configured(environment: [
            "GEMINI_API_ENDPOINT": "https://e.com/v1", "MAX_CONCURRENT_GOOGLE": "3",
        ])
        let other = try #require(own.providers.first { $0.id == "gemini" })
        #expect(other.missingKeyVariables == ["GOOGLE_API_KEY", "GEMINI_API_KEY"])
        #expect(other.concurrencyLimit == 3)
        guard case .http(let endpoint, _) = other.backend else { return }
        #expect(endpoint.base == "https://e.com/v1")
    }
}

/// Local servers.
struct LocalProviderTests {
    private func provider(_ id: String, _ environment: [String: String]) throws -> Provider? {
        let found = Provider.configured(environment: environment)
        #expect(found.problems.isEmpty)
        return found.providers.first { $0.id == id }
    }

    @Test("a provider that is not configured does not exist")
    func absent() throws {
        #expect(try provider("docker", ["MODEL_RUNNER_TYPE": "cli"]) == nil)
        #expect(try provider("docker", ["USE_MODEL_RUNNER": "false"]) == nil)
        #expect(try provider("ollama", ["OLLAMA_HOST": " "]) == nil)
    }

    @Test(
        "Docker Model Runner is reached by TCP or by a socket",
        arguments: [
            (nil, "http://localhost:12434/engines/v1", nil),
            ("http://172.17.0.1:12434", "http://172.17.0.1:12434/engines/v1", nil),
            (
                "unix:///var/run/docker.sock", "http://localhost/exp/vDD4.40/engines/v1", "/var/run/docker.sock"
            ),
            ("unix:///run/model-runner.sock", "http://localhost/engines/v1", "/run/model-runner.sock"),
        ] as [(String?, String, String?)])
    func docker(host: String?, base: String, socket: String?) throws {
        var environment = ["USE_MODEL_RUNNER": "true", "MODEL_RUNNER_TYPE": "API", "GPU_ENABLED": "true"]
        environment["MODEL_RUNNER_HOST"] = host
        let docker = try #require(try provider("docker", environment))
        guard case .http(let endpoint, let adapters) = docker.backend else {
            Issue.record("not by HTTP")
            return
        }
        #expect(endpoint.base == base)
        #expect(docker.isLocal)
        #expect(docker.missingKeyVariables.isEmpty)
        #expect(adapters.compactMap { ($0 as? DockerAdapter)?.socketPath } == (socket.map { [$0] } ?? []))
        #expect(adapters.count == 1)
    }

    @Test("Docker Model Runner is reached by its program")
    func command() throws {
        let docker = try #require(
            try provider("docker", ["USE_MODEL_RUNNER": "1", "MODEL_RUNNER_TYPE": "cli", "PATH": "/bin"]))
        guard case .command(let command) = docker.backend else {
            Issue.record("not by the program")
            return
        }
        #expect(command.environment["PATH"] == "/bin")
        #expect(docker.isLocal)
    }

    @Test("Ollama is where OLLAMA_HOST says, or the hosted service with a key alone")
    func ollama() throws {
        let own = try #require(try provider("ollama", ["OLLAMA_HOST": "0.0.0.0"]))
        guard case .http(let endpoint, let adapters) = own.backend else { return }
        #expect(endpoint.base == "http://127.0.0.1:11434")
        #expect(own.isLocal)
        #expect(adapters.map { $0.key == nil } == [true])
        let hosted = try #require(try provider("ollama", ["OLLAMA_API_KEY": "a,b"]))
        guard case .http(let endpoint, let adapters) = hosted.backend else { return }
        #expect(endpoint.base == "https://ollama.com")
        #expect(!hosted.isLocal)
        #expect(adapters.map(\.key) == [Secret("a"), Secret("b")])
    }

    @Test(
        "a bad setting is named, and leaves its provider out",
        arguments: [
            ("MODEL_RUNNER_TYPE", "ssh", "docker"), ("GPU_ENABLED", "maybe", "docker"),
            ("MODEL_RUNNER_HOST", "unix://relative.sock", "docker"), ("MODEL_RUNNER_HOST", "localhost", "docker"),
            ("MAX_CONCURRENT_DOCKER", "0", "docker"), ("OLLAMA_HOST", "box:port", "ollama"),
            ("OLLAMA_API_KEY", "a b", "ollama"),
        ])
    func problem(variable: String, value: String, id: String) {
        let found = Provider.configured(
            environment: ["USE_MODEL_RUNNER": "true", "OLLAMA_HOST": "box"].merging([variable: value]) { $1 })
        #expect(found.problems.map(\.setting) == [variable])
        #expect(!found.providers.contains { $0.id == id })
    }
}
