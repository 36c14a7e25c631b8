import Testing
import UltraAPI

@testable import UltraProviders

struct OllamaWindowTests {
    struct Case: Sendable {
        var tokens: Int
        var maxTokens: Int?
        var facts = WireFacts()
        /// nil: the window is not set.
        var window: Int?
    }

    private static func facts(_ change: (inout WireFacts) -> Void) -> WireFacts {
        var facts = WireFacts()
        change(&facts)
        return facts
    }

    static let cases = [
        Case(tokens: 1, window: 4096), Case(tokens: 2400, window: 4096), Case(tokens: 2500, window: 8192),
        Case(tokens: 1, maxTokens: 4096, window: 8192), Case(tokens: 1, maxTokens: 1_000_000, window: 16_384),
        Case(tokens: 30_000, window: 65_536),
        Case(tokens: 30_000, facts: facts { $0.contextWindow = 40_960 }, window: 40_960),
        Case(tokens: 1, facts: facts { $0.minimumWindow = 32_768 }, window: 32_768),
        Case(tokens: 1, facts: facts { $0.contextWindow = 2048 }, window: 2048),
        Case(tokens: 100, facts: facts { $0.window = .tokens(1000) }, window: 1000),
        Case(tokens: 30_000, facts: facts { $0.window = .server }, window: nil),
        Case(tokens: 1, facts: facts { $0.omitted = ["num_ctx"] }, window: nil),
    ]

    @Test("the window holds the request and its answer, and never shrinks", arguments: cases)
    func window(example: Case) throws {
        var request = Request(messages: [Message(.user, [.text(String(repeating: "word", count: example.tokens))])])
        request.sampling.maxTokens = example.maxTokens
        let encoded = try OllamaAdapter.testing().encode(request, model: "m", isStream: true, facts: example.facts)
        let body = String(decoding: encoded.http.body, as: UTF8.self)
        #expect(encoded.contextWindow == example.window)
        #expect(body.contains("num_ctx") == (example.window != nil))
        if let window = example.window { #expect(body.contains(#""num_ctx":\#(window)"#)) }
    }

    @Test("the client's own window wins")
    func own() throws {
        var request = Request(messages: [Message(.user, [.text("a")])])
        request.providerOptions["ollama"] = RawJSON(validated: Array(#"{"options":{"num_ctx":77}}"#.utf8))
        let body = try OllamaAdapter.testing().encode(request, model: "m", isStream: true).http.body
        #expect(String(decoding: body, as: UTF8.self).contains(#""options":{"num_ctx":77}"#))
    }

    @Test("a request larger than the model's window, or the one that is set, is not sent")
    func tooLarge() {
        let request = Request(messages: [Message(.user, [.text(String(repeating: "word", count: 3000))])])
        for facts in [
            Self.facts { $0.contextWindow = 2048 }, Self.facts { $0.window = .tokens(2048) },
            Self.facts {
                $0.contextWindow = 2048
                $0.window = .server
            },
        ] {
            let error = #expect(throws: UltraError.self) {
                try OllamaAdapter.testing().encode(request, model: "m", isStream: true, facts: facts)
            }
            #expect(error?.code == .contextLength)
        }
    }
}
