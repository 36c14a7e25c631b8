import Testing
import UltraAPI

@testable import UltraProviders

/// Known deviations in Gemini's replies, one at a time.
struct GeminiFixtureTests {
    private func outcome(_ fixture: Fixture, isStream: Bool? = nil, cuts: [Int] = []) -> Outcome {
        Outcome(
            GeminiAdapter.testing(), isStream: isStream ?? fixture.isStream, head: fixture.head,
            body: fixture.body[...], cuts: cuts)
    }

    @Test("a reply means what is written beside it, wherever the reads fall", arguments: Fixture.all("gemini"))
    func reply(fixture: Fixture) throws {
        let expected = try Expected(fixture.name, in: "Fixtures")
        let whole = outcome(fixture)
        expected.check(whole, fixture.name)
        #expect(outcome(fixture, cuts: Array(fixture.body.indices)) == whole, "byte by byte")
        for cut in fixture.body.indices {
            try #require(outcome(fixture, cuts: [cut]) == whole, "read up to byte \(cut)")
        }
    }

    @Test("a document means the same whatever was asked for", arguments: Fixture.all("gemini"))
    func asked(fixture: Fixture) throws {
        guard !fixture.isStream || fixture.head.status != 200 else { return }
        #expect(outcome(fixture, isStream: !fixture.isStream) == outcome(fixture))
    }

    @Test(
        "a prompt that is blocked was filtered, whatever the letters of the reason",
        arguments: ["SAFETY", "prohibited_content", "Blocklist"])
    func blocked(reason: String) {
        for isStream in [true, false] {
            let body = (isStream ? "data: " : "") + #"{"promptFeedback":{"blockReason":"\#(reason)"}}"# + "\n\n"
            let outcome = Outcome(
                GeminiAdapter.testing(), isStream: isStream, head: HTTPHead(status: 200), body: Array(body.utf8)[...])
            #expect(outcome.error?.code == .contentFiltered)
            #expect(outcome.error?.isRetryable == false)
        }
    }

    @Test("reasoning that is not wanted is left out, and the proof of a call is not")
    func withoutReasoning() throws {
        for (name, count) in [("gemini/thought-signed.stream", 0), ("gemini/calls-parallel.stream", 1)] {
            let fixture = try #require(Fixture.all("gemini").first { $0.name == name })
            var decoder = ReplyDecoder(GeminiAdapter.testing(), isStream: true, includesReasoning: false)
            decoder.receive(fixture.head, now: 0)
            var events: [AnswerEvent] = []
            try decoder.receive(fixture.body, into: &events)
            try decoder.finish(into: &events)
            let proofs = events.filter { event in
                switch event {
                case .reasoning, .reasoningSignature: true
                case .toolCall(let call): call.signature != nil
                default: false
                }
            }
            #expect(proofs.count == count, "\(name)")
        }
    }
}
