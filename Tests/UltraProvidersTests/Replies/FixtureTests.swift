import Testing
import UltraAPI

@testable import UltraProviders

/// Known peculiarities of replies of Mistral and Cohere, one at a time.
struct FixtureTests {
    static let adapters: [String: any Adapter] = [
        "mistral": MistralAdapter.testing(), "cohere": CohereAdapter.testing(),
    ]

    static let fixtures = adapters.keys.sorted().flatMap(Fixture.all)

    private func outcome(_ fixture: Fixture, isStream: Bool? = nil, cuts: [Int] = []) throws -> Outcome {
        let adapter = try #require(Self.adapters[String(fixture.name.prefix { $0 != "/" })])
        return Outcome(
            adapter, isStream: isStream ?? fixture.isStream, head: fixture.head, body: fixture.body[...], cuts: cuts)
    }

    @Test("a reply means what is written beside it, wherever the reads fall", arguments: fixtures)
    func reply(fixture: Fixture) throws {
        let expected = try Expected(fixture.name, in: "Fixtures")
        let whole = try outcome(fixture)
        expected.check(whole, fixture.name)
        #expect(try outcome(fixture, cuts: Array(fixture.body.indices)) == whole, "byte by byte")
        for cut in fixture.body.indices {
            try #require(try outcome(fixture, cuts: [cut]) == whole, "read up to byte \(cut)")
        }
    }

    @Test("a document means the same in answer to a stream request", arguments: fixtures.filter { !$0.isStream })
    func document(fixture: Fixture) throws {
        #expect(try outcome(fixture, isStream: true) == outcome(fixture))
    }
}
