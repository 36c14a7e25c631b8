import Testing
import UltraAPI

@testable import UltraProviders

/// Requests that are refused before anything is sent, because the answer without the missing part would be wrong.
struct ChatRefusalTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        var model = "m"
        var host = "api.openai.com"
        var messages = [Message(.user, [.text("Hi")])]
        var change: @Sendable (inout Request) -> Void = { _ in }
        let message: String

        var testDescription: String { "\(rule), \(host)" }
    }

    private static let pdf = Part.document(Document(.data(mediaType: "application/pdf", base64: "AAAA")))
    private static let text = Part.document(Document(.data(mediaType: "text/plain", base64: "AAAA")))
    private static let url = Part.document(Document(.url("https://e.com/a.pdf")))
    private static let image = Part.imageURL("https://e.com/a.png")

    static let cases =
        [
            "r.openai.azure.com", "api.groq.com", "api.deepseek.com", "api.x.ai", "api.together.ai",
            "api.fireworks.ai", "localhost", "llm.example.com",
        ].map { host in
            Case(
                rule: "no documents", host: host, messages: [Message(.user, [pdf])],
                message: "p/m takes no documents")
        } + [
            Case(
                rule: "no documents by URL", messages: [Message(.user, [url])],
                message: "p/m takes documents as data, not by URL"),
            Case(
                rule: "no documents but PDF", messages: [Message(.user, [text])],
                message: "p/m takes PDF documents only, not text/plain"),
            Case(
                rule: "no documents but PDF", host: "openrouter.ai", messages: [Message(.user, [text])],
                message: "p/m takes PDF documents only, not text/plain"),
            Case(
                rule: "no documents of tools", messages: [Message(.tool, [pdf], toolCallID: "1")],
                message: "p/m takes no images or documents in tool messages"),
            Case(
                rule: "no images of tools", messages: [Message(.tool, [image], toolCallID: "1")],
                message: "p/m takes no images or documents in tool messages"),
            Case(
                rule: "no images of assistants", messages: [Message(.assistant, [.text("a"), image])],
                message: "p/m takes no images or documents in assistant messages"),
            Case(
                rule: "no images of systems", messages: [Message(.system, [image])],
                message: "p/m takes no images or documents in system messages"),
            Case(
                rule: "no tools for a search model", model: "gpt-4o-search-preview",
                change: { $0.tools = [Tool(name: "f")] }, message: "p/gpt-4o-search-preview takes no tools"),
            Case(
                rule: "no schemas", host: "api.deepseek.com",
                change: { $0.responseFormat = .schema(name: "n", schema: .anyObject, strict: false) },
                message: "p/m does not follow a JSON schema"),
        ]

    @Test("a request that cannot be honoured is refused", arguments: cases)
    func refusal(example: Case) {
        var request = Request(messages: example.messages)
        example.change(&request)
        let error = #expect(throws: UltraError.self) {
            try OpenAIAdapter.testing(provider: "p", dialect: .of(example.host))
                .encode(request, model: example.model, isStream: false)
        }
        #expect(error?.code == .capabilityMissing)
        #expect(error?.message == example.message)
        #expect(error?.provider == "p")
        #expect(error?.isRetryable == false)
    }
}
