import Testing
import UltraAPI

@testable import UltraProviders

/// Replies of Ollama's own API that no recording has.
struct OllamaFixtureTests {
    private func outcome(_ fixture: Fixture, isStream: Bool? = nil, cuts: [Int] = []) -> Outcome {
        Outcome(
            OllamaAdapter.testing(), isStream: isStream ?? fixture.isStream, head: fixture.head,
            body: fixture.body[...], cuts: cuts)
    }

    @Test("a reply means what is written beside it, wherever the reads fall", arguments: Fixture.all("ollama"))
    func reply(fixture: Fixture) throws {
        let whole = outcome(fixture)
        try Expected(fixture.name, in: "Fixtures").check(whole, fixture.name)
        #expect(outcome(fixture, cuts: Array(fixture.body.indices)) == whole, "byte by byte")
        for cut in fixture.body.indices {
            try #require(outcome(fixture, cuts: [cut]) == whole, "read up to byte \(cut)")
        }
    }

    @Test("an error of the transport's status does not depend on what was asked for", arguments: Fixture.all("ollama"))
    func status(fixture: Fixture) throws {
        guard fixture.head.status != 200 else { return }
        #expect(outcome(fixture, isStream: !fixture.isStream) == outcome(fixture))
    }
}
