import UltraAPI

@testable import UltraProviders

extension Endpoint {
    static let testing: Endpoint = {
        do throws(Endpoint.Flaw) {
            return try Endpoint("https://api.example.com/v1", versionPath: "/v1")
        } catch {
            preconditionFailure("\(error)")
        }
    }()
}

extension OpenAIAdapter {
    static func testing(
        provider: String = "openai", key: Secret? = nil, dialect: Dialect = .openAI
    ) -> OpenAIAdapter {
        OpenAIAdapter(provider: provider, endpoint: .testing, key: key, dialect: dialect)
    }
}

extension GeminiAdapter {
    static func testing(key: Secret? = nil) -> GeminiAdapter {
        GeminiAdapter(endpoint: .testing, key: key)
    }
}

extension MistralAdapter {
    static func testing(key: Secret? = nil) -> MistralAdapter {
        MistralAdapter(endpoint: .testing, key: key)
    }
}

extension CohereAdapter {
    static func testing(key: Secret? = nil) -> CohereAdapter {
        CohereAdapter(endpoint: .testing, key: key)
    }
}

extension OllamaAdapter {
    static func testing(key: Secret? = nil) -> OllamaAdapter {
        do throws(Endpoint.Flaw) {
            return OllamaAdapter(endpoint: try Endpoint("http://127.0.0.1:11434", versionPath: ""), key: key)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

extension DockerAdapter {
    static func testing(_ endpoint: String = "http://localhost:12434", socketPath: String? = nil) -> DockerAdapter {
        do throws(Endpoint.Flaw) {
            return DockerAdapter(
                endpoint: try Endpoint(endpoint, versionPath: "/engines/v1"), socketPath: socketPath)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

extension AnthropicAdapter {
    static func testing(key: Secret? = nil, version: String = defaultVersion) -> AnthropicAdapter {
        AnthropicAdapter(endpoint: .testing, key: key, version: version)
    }
}
