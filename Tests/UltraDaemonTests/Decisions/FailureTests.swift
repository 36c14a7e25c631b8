import Testing
import UltraAPI

@testable import UltraDaemon

/// The part of a failure that is kept and shown to every user.
struct FailureTests {
    private static let prompt = "Tell me about the Blue Heron project, please"

    struct Case: Sendable, CustomTestStringConvertible {
        let status: Int?
        let said: String
        /// The provider's sentence may be shown to others.
        let isKept: Bool
        var prompt = FailureTests.prompt
        var testDescription: String { "\(status ?? 0) \(said)" }
    }

    @Test(
        "a provider's sentence is kept if it speaks of the provider, and repeats nothing of the request",
        arguments: [
            Case(status: 500, said: "The server had an error", isKept: true),
            Case(status: 401, said: "Incorrect API key provided", isKept: true),
            Case(status: 402, said: "Your balance is used up", isKept: true),
            Case(status: 403, said: "Your country is not supported", isKept: true),
            Case(status: 404, said: "There is no such deployment", isKept: true),
            Case(status: 429, said: "Slow down", isKept: true),
            Case(status: 529, said: "Overloaded", isKept: true),
            Case(status: 400, said: "The server had an error", isKept: false),
            Case(status: 413, said: "The server had an error", isKept: false),
            Case(status: 422, said: "The server had an error", isKept: false),
            Case(status: 200, said: "The server had an error", isKept: false),
            Case(status: 500, said: "cannot answer: Blue Heron project", isKept: false),
            Case(status: 500, said: "CANNOT  ANSWER: blue\nHERON  project", isKept: false),
            // Texts with eleven, and with twelve, common characters.
            Case(status: 500, said: "see:Blue Heron +", isKept: true),
            Case(status: 500, said: "see:Blue Heron p", isKept: false),
            Case(
                status: 500, said: "The server had an error", isKept: false,
                prompt: String(repeating: "x", count: 2 << 20)),
        ])
    func words(_ row: Case) {
        var error = UltraError(.upstreamError, row.said, status: row.status)
        error.isQuoted = true
        let failure = Failure(error, prompt: PromptText([row.prompt]), at: 5)
        #expect(failure.words == (row.isKept ? row.said : nil))
        let sentence = failure.sentence(of: "openai")
        #expect(sentence.contains(row.said) == row.isKept)
        #expect(sentence.hasPrefix("openai answered HTTP \(row.status ?? 0)"))
    }

    @Test("a sentence of the daemon may contain an excerpt of the answer: it is not kept, whatever the status")
    func excerpt() {
        for status in [200, 500] {
            let error = UltraError(.upstreamProtocol, "sent something else, near: the patient", status: status)
            let failure = Failure(error, prompt: PromptText([]), at: 5)
            #expect(failure.words == nil)
            #expect(failure.sentence(of: "a") == "a sent something else than its API promises")
        }
    }

    @Test("every part of a request is compared")
    func parts() {
        let secret = "the colour of the door"
        var request = Request(messages: [])
        #expect(!PromptText(request).sharesRun(with: secret))
        let messages = [
            Message(.user, [.text(secret)]), Message(.user, [.document(Document(.url("http://a/\(secret)")))]),
            Message(.assistant, [.reasoning(text: secret, signature: nil)]),
            Message(.assistant, [], toolCalls: [ToolCall(id: "1", name: "f", arguments: #"{"a":"\#(secret)"}"#)]),
        ]
        for message in messages {
            request.messages = [message]
            #expect(PromptText(request).sharesRun(with: "no: \(secret)"))
        }
        request.messages = []
        request.tools = [Tool(name: "f", description: secret)]
        #expect(PromptText(request).sharesRun(with: "no: \(secret)"))
        #expect(PromptText(EmbedRequest(input: ["a", secret])).sharesRun(with: "no: \(secret)"))
    }

    @Test("messages that an older daemon wrote down are dropped when they are read")
    func oldFile() throws {
        let failure = #"{"code":"upstream_protocol","message":"near: the patient is called Ada","at":7}"#
        let text = #"{"providers":[{"id":"a","failure":\#(failure),"models":[{"name":"m","failure":\#(failure)}]}]}"#
        let snapshot = try RegistrySnapshot(Array(text.utf8), at: 10)
        let provider = try #require(snapshot.providers.first)
        #expect(provider.lastFailure == Failure(code: .upstreamProtocol, at: 7))
        #expect(provider.models.first?.health.lastFailure == Failure(code: .upstreamProtocol, at: 7))
        #expect(!String(decoding: snapshot.bytes, as: UTF8.self).contains("Ada"))
    }
}
