import Testing
import UltraAPI

@testable import UltraProviders

/// Known deviations in replies of servers with OpenAI's API, one at a time.
struct ChatFixtureTests {
    /// 1994-11-06 08:49:37 UTC.
    private static let now = 784_111_777

    private func outcome(_ fixture: Fixture, cuts: [Int] = []) -> Outcome {
        Outcome(
            OpenAIAdapter.testing(), isStream: fixture.isStream, head: fixture.head, body: fixture.body[...],
            cuts: cuts, now: Self.now)
    }

    @Test("a reply means what is written beside it, wherever the reads fall", arguments: Fixture.all("openai"))
    func reply(fixture: Fixture) throws {
        let expected = try Expected(fixture.name, in: "Fixtures")
        let whole = outcome(fixture)
        expected.check(whole, fixture.name)
        #expect(outcome(fixture, cuts: Array(fixture.body.indices)) == whole, "byte by byte")
        for cut in fixture.body.indices {
            try #require(outcome(fixture, cuts: [cut]) == whole, "read up to byte \(cut)")
        }
    }

    @Test("an error of the transport's status does not depend on what was asked for", arguments: Fixture.all("openai"))
    func status(fixture: Fixture) throws {
        guard fixture.head.status != 200 else { return }
        let other = Outcome(
            OpenAIAdapter.testing(), isStream: !fixture.isStream, head: fixture.head, body: fixture.body[...],
            now: Self.now)
        #expect(other == outcome(fixture))
    }
}
