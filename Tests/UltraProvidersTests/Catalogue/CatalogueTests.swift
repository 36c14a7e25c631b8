import Foundation
import Testing

@testable import UltraProviders

/// The shipped catalogue, and the lookup of its models.
struct CatalogueTests {
    private let catalogue: Catalogue

    init() throws {
        catalogue = try Catalogue.embedded()
    }

    @Test("the built-in catalogue is the file etc/models.tsv")
    func embedded() throws {
        let text = try Data(contentsOf: Recording.packageRoot.appending(path: "etc/models.tsv"))
        #expect(Array(text) == PackageResources.models_tsv)
    }

    @Test(
        "no model is lost",
        arguments: [("openai", 58), ("anthropic", 33), ("gemini", 26), ("mistral", 53), ("cohere", 19)])
    func counts(provider: String, count: Int) {
        #expect(catalogue.entries.count { $0.provider == provider } == count)
        #expect(Set(catalogue.entries.map(\.provider)).count == 5)
    }

    @Test("figures are of a sane size and fit each other")
    func ranges() throws {
        for entry in catalogue.entries {
            let name = Comment(rawValue: "\(entry.provider)/\(entry.model)")
            let window = try #require(entry.contextWindow, name)
            #expect((512...2_097_152).contains(window), name)
            #expect(entry.maxOutputTokens.map { (1024...window).contains($0) } ?? true, name)
            #expect(entry.retiresOn.map { ("2025"..."2027").contains(String($0.prefix(4))) } ?? true, name)
            #expect(entry.takenIn.map { ("2025-07"..."2026-11").contains($0) } ?? true, name)
            #expect(entry.changes.isEmpty || entry.price?.tiers.isEmpty == true, name)
            if entry.kind == .chat { #expect(entry.capabilities.contains(.chat), name) }
            if entry.kind == .embeddings { #expect(!entry.capabilities.contains(.chat), name) }
            for tier in entry.price?.tiers ?? [] {
                #expect((100_000...min(272_000, window)).contains(tier.above), name)
            }
            let rates = [entry.price?.rates].compactMap { $0 } + (entry.price?.tiers.map(\.rates) ?? [])
            for rates in rates + entry.changes.map(\.rates) {
                #expect(rates.input > 0 && rates.input <= 150, name)
                #expect(entry.kind == .chat ? (rates.input...600).contains(rates.output) : rates.output >= 0, name)
                #expect(rates.cachedInput.map { $0 > 0 && $0 <= rates.input / 2 } ?? true, name)
                #expect(rates.cacheWrite.map { $0 == rates.input || abs($0 / rates.input - 1.25) < 0.06 } ?? true, name)
            }
        }
    }

    // MARK: - Spot checks

    /// Facts copied by hand: context window, output limit, input, cached input, cache write, output.
    static let spots: [(String, Int, Int?, [Double?])] = [
        ("openai/gpt-6-astra", 1_050_000, 128_000, [10, 1, 12.5, 50]),
        ("openai/gpt-6.1-terra", 1_050_000, 128_000, [1, 0.05, 1.25, 5]),
        ("openai/gpt-5.6-luna", 1_050_000, 128_000, [0.2, 0.02, 0.25, 1.2]),
        ("openai/gpt-5.5-pro", 1_050_000, 128_000, [30, nil, nil, 180]),
        ("openai/gpt-5.2", 400_000, 128_000, [1.75, 0.175, 1.75, 14]),
        ("openai/gpt-5-pro", 400_000, 272_000, [15, nil, nil, 120]),
        ("openai/gpt-4.1-nano", 1_047_576, 32_768, [0.1, 0.025, 0.1, 0.4]),
        ("openai/gpt-4o", 128_000, 16_384, [2.5, 1.25, 2.5, 10]),
        ("openai/gpt-4o-2024-05-13", 128_000, 4096, [5, nil, nil, 15]),
        ("openai/o1-pro", 200_000, 100_000, [150, nil, nil, 600]),
        ("openai/text-embedding-3-large", 8191, nil, [0.13, nil, nil, 0]),
        ("anthropic/claude-fable-5-2", 1_000_000, 128_000, [8, 0.2, 10, 40]),
        ("anthropic/claude-opus-4-1-20250805", 200_000, 32_000, [15, 1.5, 18.75, 75]),
        ("anthropic/claude-sonnet-5-5", 1_000_000, 128_000, [2, 0.1, 2.5, 10]),
        ("anthropic/claude-3-haiku-20240307", 200_000, 4096, [0.25, 0.03, 0.3, 1.25]),
        ("anthropic/claude-3-sonnet-20240229", 200_000, 4096, [3, nil, nil, 15]),
        ("gemini/gemini-3.8-flash", 1_048_576, 65_536, [0.75, 0.075, nil, 3.75]),
        ("gemini/gemini-2.0-flash-lite", 1_048_576, 8192, [0.075, 0.01875, nil, 0.3]),
        ("gemini/gemini-1.5-flash-8b", 1_048_576, 8192, [0.0375, 0.01, nil, 0.15]),
        ("gemini/gemini-embedding-001", 2048, nil, [0.15, nil, nil, 0]),
        ("mistral/mistral-large-4", 1_048_576, nil, [1.36, 0.14, nil, 4.18]),
        ("mistral/mistral-small-latest", 262_144, nil, [0.15, 0.015, nil, 0.6]),
        ("mistral/ministral-3b-2410", 131_072, nil, [0.04, nil, nil, 0.04]),
        ("mistral/pixtral-large-2411", 128_000, nil, [2, 0.2, nil, 6]),
        ("mistral/codestral-embed-2505", 8192, nil, [0.15, 0.015, nil, 0]),
        ("cohere/command-a-03-2025", 256_000, 8000, [2.5, nil, nil, 10]),
        ("cohere/command-r7b-12-2024", 128_000, 4096, [0.0375, nil, nil, 0.15]),
        ("cohere/embed-v5.0-fast", 128_000, nil, [0.08, nil, nil, 0]),
    ]

    @Test("windows, limits and prices are the providers'", arguments: spots)
    func spot(name: String, window: Int, maxOutputTokens: Int?, rates: [Double?]) throws {
        let entry = try #require(find(name))
        #expect(entry.contextWindow == window)
        #expect(entry.maxOutputTokens == maxOutputTokens)
        let price = try #require(entry.price)
        #expect([price.input, price.cachedInput, price.cacheWrite, price.output] == rates)
    }

    @Test(
        "long requests have prices of their own",
        arguments: [
            ("openai/gpt-5.4", 272_000, [5, 0.5, 5, 22.5]), ("openai/gpt-6-luna", 272_000, [0.2, 0.02, 0.25, 0.75]),
            ("openai/gpt-5.4-pro", 272_000, [60, nil, nil, 270]),
            ("anthropic/claude-haiku-5-5", 100_000, [0.5, 0.05, 0.625, 2.5]),
            ("anthropic/claude-sonnet-4-20250514", 200_000, [6, 0.6, 7.5, 22.5]),
            ("gemini/gemini-3.1-pro-preview", 200_000, [4, 0.4, nil, 18]),
            ("gemini/gemini-1.5-flash", 128_000, [0.15, 0.0375, nil, 0.6]),
        ] as [(String, Int, [Double?])])
    func tier(name: String, above: Int, rates: [Double?]) throws {
        let tiers = try #require(find(name)?.price).tiers
        #expect(tiers.map(\.above) == [above])
        let found = try #require(tiers.first).rates
        #expect([found.input, found.cachedInput, found.cacheWrite, found.output] == rates)
    }

    @Test(
        "an announced price holds from its day on",
        arguments: [
            ("gemini/gemini-4-argon", "2026-11-30", Price(input: 2, cachedInput: 0.1, output: 10)),
            ("gemini/gemini-4-argon", "2026-12-01", Price(input: 4, cachedInput: 0.2, output: 20)),
            ("gemini/gemini-3.6-flash", "2026-12-31", Price(input: 0.75, cachedInput: 0.075, output: 3.75)),
            ("gemini/gemini-3.6-flash", "2027-01-01", Price(input: 1.5, cachedInput: 0.15, output: 7.5)),
            ("cohere/command-a-plus-05-2026", "2026-11-30", nil),
        ])
    func change(name: String, day: String, price: Price?) throws {
        #expect(try #require(find(name)).price(on: day) == price)
    }

    @Test(
        "capabilities and dates are carried over",
        arguments: [
            ("openai/o3-pro", [.chat, .tools, .vision, .json, .jsonSchema, .reasoning], "2026-12-11", "2026-11"),
            ("openai/gpt-4", [.chat, .streaming, .tools], "2026-10-23", "2026-11"),
            ("anthropic/claude-2.1", [.chat, .streaming, .json], "2025-07-21", nil),
            (
                "anthropic/claude-opus-5-5", [.chat, .streaming, .tools, .vision, .json, .jsonSchema, .reasoning], nil,
                "2026-11"
            ),
            ("gemini/gemini-embedding-2", [.embeddings, .vision], nil, "2026-11"),
            ("gemini/gemini-1.5-pro", [.chat, .streaming, .tools, .vision, .json, .jsonSchema], "2025-09", "2026-11"),
            ("mistral/open-mixtral-8x7b", [.chat, .streaming], "2025-03-30", "2025-07"),
            ("mistral/codestral-2501", [.chat, .streaming, .tools, .json, .jsonSchema], "2025-11-30", "2026-08"),
            ("cohere/rerank-v3.5", [], nil, "2026-11"),
        ] as [(String, Set<Capability>, String?, String?)])
    func facts(name: String, capabilities: Set<Capability>, retiresOn: String?, takenIn: String?) throws {
        let entry = try #require(find(name))
        #expect(entry.capabilities == capabilities)
        #expect(entry.retiresOn == retiresOn)
        #expect(entry.isDeprecated == (retiresOn != nil))
        #expect(entry.takenIn == takenIn)
    }

    @Test("the day of a deprecation is kept")
    func deprecation() {
        #expect(find("cohere/command-light")?.deprecatedOn == "2025-09-15")
        #expect(find("openai/gpt-4o")?.deprecatedOn == nil)
    }

    // MARK: - Lookup

    @Test(
        "the longest name that fits wins",
        arguments: [
            ("openai/gpt-4o-2024-08-06", "gpt-4o"), ("openai/gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),
            ("openai/GPT-4o-Mini", "gpt-4o-mini"), ("openai/gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
            ("openai/gpt-5.2-pro-2025-12-11", "gpt-5.2-pro"), ("openai/gpt-5-chat-latest", "gpt-5-chat-latest"),
            ("openai/gpt-5-2025-08-07", "gpt-5"), ("openai/o3-2025-04-16", "o3"),
            ("anthropic/claude-opus-4-5-20251101", "claude-opus-4-5-20251101"),
            ("anthropic/claude-opus-5-20260801", "claude-opus-5"),
            ("anthropic/claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"),
            ("anthropic/claude-opus-4-1", "claude-opus-4-1-20250805"),
            ("gemini/models/gemini-2.5-pro", "gemini-2.5-pro"), ("gemini/gemini-2.0-flash-001", "gemini-2.0-flash"),
            ("gemini/gemini-1.5-pro-latest", "gemini-1.5-pro"), ("gemini/gemini-flash-latest", "gemini-flash-latest"),
            ("gemini/gemini-embedding-001", "gemini-embedding-001"),
            ("mistral/mistral-large", "mistral-large-latest"), ("mistral/voxtral-small-latest", "voxtral-small-2507"),
            ("mistral/codestral-embed", "codestral-embed-2505"),
            ("mistral/open-mistral-nemo-2407", "open-mistral-nemo"),
            ("mistral/mistral-medium-2604", "mistral-medium-2604"),
            ("cohere/command-r-03-2024", "command-r"), ("cohere/command-r-08-2024", "command-r-08-2024"),
            ("cohere/command-a", "command-a-03-2025"),
        ])
    func lookup(asked: String, found: String) {
        #expect(find(asked)?.model == found)
    }

    @Test(
        "no model gets the facts of another",
        arguments: [
            "openai/gpt-4o-realtime", "openai/gpt-5.4-mini-turbo", "openai/gpt-4-0613", "openai/gpt-4-1106-preview",
            "openai/gpt-3.5-turbo-1106", "openai/gpt", "openai/", "openai/-latest", "openai/ft:", "openai/models/",
            "openai/claude-opus-5", "gemini/gemini-2.5-pro-preview-05-06", "gemini/tunedModels/x",
            "mistral/mistral-small-2701", "mistral/codestral-2701", "anthropic/claude-3-5-sonnet-20250101",
            "cohere/command-a-09-2026", "groq/gpt-4o", "ollama/llama3:latest", "gemini/gemini-embedding-002",
        ])
    func unknown(asked: String) {
        #expect(find(asked)?.model == nil)
    }

    @Test("a fine-tuned model has its base's facts, not its price")
    func fineTuned() throws {
        let entry = try #require(find("openai/ft:gpt-4o-mini-2024-07-18:acme::Ab1"))
        #expect(entry.model == "gpt-4o-mini")
        #expect(entry.contextWindow == 128_000)
        #expect(entry.price == nil)
    }

    private func find(_ name: String) -> CatalogueEntry? {
        let slash = name.firstIndex(of: "/") ?? name.endIndex
        return catalogue.entry(provider: String(name[..<slash]), model: String(name[slash...].dropFirst()))
    }
}
