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

extension AnthropicAdapter {
    static func testing(key: Secret? = nil, version: String = defaultVersion) -> AnthropicAdapter {
        AnthropicAdapter(endpoint: .testing, key: key, version: version)
    }
}
