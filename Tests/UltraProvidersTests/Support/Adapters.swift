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
