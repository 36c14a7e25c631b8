import Testing
import UltraAPI

@testable import UltraProviders

/// The choice between OpenAI's two APIs for a request.
struct ServingTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        var model = "gpt-4o"
        var endpoint = "https://api.openai.com/v1"
        var api = OpenAIAdapter.API.chat
        var change: @Sendable (inout Request) -> Void = { _ in }
        let isResponses: Bool

        var testDescription: String { rule }
    }

    private static let pdf = Part.document(Document(.data(mediaType: "application/pdf", base64: "AAAA")))
    private static let text = Part.document(Document(.data(mediaType: "text/plain", base64: "AAAA")))
    private static let url = Part.document(Document(.url("https://e.com/a.pdf")))
    private static let deployment = "https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21"

    static let cases =
        [
            "o1-pro", "o3-pro-2025-06-10", "gpt-5-pro-2025-10-06", "gpt-5.4-pro", "gpt-6-pro", "gpt-5.2-codex",
            "o3-deep-research", "computer-use-preview",
        ].map { Case(rule: "\($0) has no other", model: $0, isResponses: true) } + [
            Case(rule: "chat is the rule", isResponses: false),
            Case(rule: "as configured", api: .responses, isResponses: true),
            Case(
                rule: "as configured, anywhere", model: "m", endpoint: "http://localhost:1/v1", api: .responses,
                isResponses: true),
            Case(
                rule: "search is served by chat only", model: "gpt-4o-search-preview", api: .responses,
                isResponses: false),
            Case(rule: "so is audio", model: "gpt-4o-audio-preview", api: .responses, isResponses: false),
            Case(
                rule: "gpt-5.4 with tools and an effort", model: "gpt-5.4",
                change: { request in
                    request.tools = [Tool(name: "f")]
                    request.reasoning = Reasoning(effort: .low)
                }, isResponses: true),
            Case(
                rule: "gpt-5.4 with tools, which does not reason", model: "gpt-5.4",
                change: { $0.tools = [Tool(name: "f")] }, isResponses: false),
            Case(
                rule: "gpt-5.5 with tools, which reasons by itself", model: "gpt-5.5",
                change: { $0.tools = [Tool(name: "f")] }, isResponses: true),
            Case(
                rule: "a gateway is asked for nothing it may not have", model: "gpt-5.5",
                endpoint: "https://gateway.example.com/v1", change: { $0.tools = [Tool(name: "f")] },
                isResponses: false),
            Case(rule: "a PDF", change: { $0.messages[0].parts = [pdf] }, isResponses: false),
            Case(rule: "another file", change: { $0.messages[0].parts = [text] }, isResponses: true),
            Case(rule: "a file by URL", change: { $0.messages[0].parts = [url] }, isResponses: true),
            Case(rule: "a deployment of Azure has none", model: "o1-pro", endpoint: deployment, isResponses: false),
            Case(
                rule: "Azure's newer URL has both", endpoint: "https://r.openai.azure.com/openai/v1", api: .responses,
                isResponses: true),
        ]

    @Test("a request goes to the API that can serve it", arguments: cases)
    func serving(example: Case) throws {
        let endpoint = try Endpoint(example.endpoint, versionPath: "/v1")
        let adapter = OpenAIAdapter(
            endpoint: endpoint, key: nil, dialect: .known(endpoint.host) ?? .openAI, api: example.api)
        var request = Request(messages: [Message(.user, [.text("Hi")])])
        example.change(&request)
        let serving = adapter.serving(request, model: example.model)
        #expect(serving is ResponsesAdapter == example.isResponses)
        #expect(serving.provider == adapter.provider)
    }
}
