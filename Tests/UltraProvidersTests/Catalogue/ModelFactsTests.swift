import Testing

@testable import UltraProviders

/// Configuration overrides discovery, and discovery the catalogue, for each fact separately.
struct ModelFactsTests {
    private static let catalogue = CatalogueEntry(
        provider: "p", model: "m", aliasOf: nil, kind: .chat, contextWindow: 1, maxOutputTokens: 1,
        price: Price(input: 1, output: 1), changes: [.init(day: "2027-01-01", rates: .init(input: 9, output: 9))],
        capabilities: [.chat, .tools], isDeprecated: true, deprecatedOn: nil, retiresOn: "2027-01", takenIn: nil)

    private static let discovery: DiscoveredModel = {
        var model = DiscoveredModel(id: "m")
        model.displayName = "two"
        model.kind = .embeddings
        model.capabilities = [.embeddings]
        model.contextWindow = 2
        model.maxOutputTokens = 2
        model.price = Price(input: 2, output: 2)
        model.retiresOn = "2027-02"
        return model
    }()

    private static let configuration: ConfiguredModel = {
        var model = ConfiguredModel()
        model.displayName = "three"
        model.kind = .other
        model.capabilities = [.vision]
        model.contextWindow = 3
        model.maxOutputTokens = 3
        model.price = Price(input: 3, output: 3)
        model.retiresOn = "2027-03"
        return model
    }()

    /// Each fact for every combination of sources: its number and its origin.
    @Test(
        "the first source with the fact wins",
        arguments: [
            (true, true, true, 3, .configuration), (true, true, false, 3, .configuration),
            (true, false, true, 3, .configuration), (true, false, false, 3, .configuration),
            (false, true, true, 2, .discovery), (false, true, false, 2, .discovery),
            (false, false, true, 1, .catalogue),
        ] as [(Bool, Bool, Bool, Int, ModelFacts.Origin)])
    func precedence(configured: Bool, discovered: Bool, known: Bool, number: Int, origin: ModelFacts.Origin) {
        let facts = ModelFacts(
            configuration: configured ? Self.configuration : nil, discovery: discovered ? Self.discovery : nil,
            catalogue: known ? Self.catalogue : nil, on: "2026-11-24")
        let kinds: [DiscoveredModel.Kind] = [.chat, .embeddings, .other]
        let capabilities: [Set<Capability>] = [[.chat, .tools], [.embeddings], [.vision]]
        let dollars = Double(number)
        #expect(facts.kind == .init(kinds[number - 1], origin))
        #expect(facts.capabilities == .init(capabilities[number - 1], origin))
        #expect(facts.displayName == (number == 1 ? nil : .init(["two", "three"][number - 2], origin)))
        #expect(facts.contextWindow == .init(number, origin))
        #expect(facts.maxOutputTokens == .init(number, origin))
        #expect(facts.price == .init(Price(input: dollars, output: dollars), origin))
        #expect(facts.retiresOn == .init("2027-0\(number)", origin))
    }

    @Test("a fact that a source leaves out comes from the next source")
    func mixed() {
        var configuration = ConfiguredModel()
        configuration.price = Price(input: 0, output: 0)
        var discovery = DiscoveredModel(id: "m")
        discovery.contextWindow = 2
        let facts = ModelFacts(
            configuration: configuration, discovery: discovery, catalogue: Self.catalogue, on: "2026-11-24")
        #expect(facts.kind == .init(.chat, .catalogue))
        #expect(facts.capabilities == .init([.chat, .tools], .catalogue))
        #expect(facts.contextWindow == .init(2, .discovery))
        #expect(facts.maxOutputTokens == .init(1, .catalogue))
        #expect(facts.price == .init(Price(input: 0, output: 0), .configuration))
        #expect(facts.displayName == nil)
    }

    @Test(
        "unknown capabilities are the least of the kind",
        arguments: [
            (.chat, nil, .init([.chat, .streaming], .discovery)), (.embeddings, nil, .init([.embeddings], .discovery)),
            (.other, nil, .init([], .discovery)), (nil, nil, nil),
            (.chat, .embeddings, .init([.embeddings], .configuration)),
        ] as [(DiscoveredModel.Kind?, DiscoveredModel.Kind?, ModelFacts.Fact<Set<Capability>>?)])
    func least(
        discovered: DiscoveredModel.Kind?, configured: DiscoveredModel.Kind?,
        expected: ModelFacts.Fact<Set<Capability>>?
    ) {
        var discovery = DiscoveredModel(id: "m")
        discovery.kind = discovered
        var configuration = ConfiguredModel()
        configuration.kind = configured
        let facts = ModelFacts(configuration: configuration, discovery: discovery, catalogue: nil, on: "2026-11-24")
        #expect(facts.capabilities == expected)
    }

    @Test("the catalogue's price is the price of the day", arguments: [("2026-12-31", 1.0), ("2027-01-01", 9.0)])
    func day(day: String, rate: Double) {
        let facts = ModelFacts(discovery: nil, catalogue: Self.catalogue, on: day)
        #expect(facts.price == .init(Price(input: rate, output: rate), .catalogue))
    }
}
