import Testing
import UltraAPI

@testable import UltraProviders

/// Known deviations in replies of the Responses API and of servers that imitate it, one at a time.
struct ResponsesFixtureTests {
    private func outcome(_ fixture: Fixture, cuts: [Int] = []) -> Outcome {
        Outcome(
            ResponsesAdapter(.testing()), isStream: fixture.isStream, head: fixture.head, body: fixture.body[...],
            cuts: cuts)
    }

    @Test("a reply means what is written beside it, wherever the reads fall", arguments: Fixture.all("responses"))
    func reply(fixture: Fixture) throws {
        let expected = try Expected(fixture.name, in: "Fixtures")
        let whole = outcome(fixture)
        expected.check(whole, fixture.name)
        #expect(outcome(fixture, cuts: Array(fixture.body.indices)) == whole, "byte by byte")
        for cut in fixture.body.indices {
            try #require(outcome(fixture, cuts: [cut]) == whole, "read up to byte \(cut)")
        }
    }

    @Test("reasoning that is not wanted is dropped with its signature")
    func reasoning() throws {
        let fixture = try #require(Fixture.all("responses").first { $0.name.hasSuffix("reasoning-summary.stream") })
        var decoder = ReplyDecoder(ResponsesAdapter(.testing()), isStream: true, includesReasoning: false)
        var events: [AnswerEvent] = []
        decoder.receive(fixture.head, now: 0)
        try decoder.receive(fixture.body, into: &events)
        #expect(decoder.isComplete)
        #expect(events.contains(.text("Hi")))
        #expect(!events.contains { if case .reasoning = $0 { true } else { false } })
        #expect(!events.contains { if case .reasoningSignature = $0 { true } else { false } })
    }
}
