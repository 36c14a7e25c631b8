import Testing

@testable import UltraProviders

/// The text of the catalogue: read strictly; errors are reported with their line.
struct CatalogueReaderTests {
    private static let header = CatalogueReader.columns.joined(separator: "\t")
    private static let good = [
        "openai", "m", "-", "chat", "1000", "100", "2", "1", "2.5", "8", "500:4/2//16", "2027-01-01:3///9",
        "chat,streaming", "yes", "2027-06", "page:2026-11,list", "a note",
    ]

    private static func text(_ rows: [[String]]) -> [UInt8] {
        Array(("# comment\n" + header + "\n" + rows.map { $0.joined(separator: "\t") + "\n" }.joined()).utf8)
    }

    @Test("a line is an entry")
    func entry() throws {
        let entry = try #require(try Catalogue(Self.text([Self.good])).entries.first)
        let expected = CatalogueEntry(
            provider: "openai", model: "m", aliasOf: nil, kind: .chat, contextWindow: 1000, maxOutputTokens: 100,
            price: Price(
                input: 2, cachedInput: 1, cacheWrite: 2.5, output: 8,
                tiers: [.init(above: 500, .init(input: 4, cachedInput: 2, output: 16))]),
            changes: [.init(day: "2027-01-01", rates: .init(input: 3, output: 9))], capabilities: [.chat, .streaming],
            isDeprecated: true, deprecatedOn: nil, retiresOn: "2027-06", takenIn: "2026-11")
        #expect(entry == expected)
    }

    @Test("of the provider that is asked for, and no other")
    func providers() throws {
        var other = Self.good
        other[0] = "cohere"
        var broken = Self.good
        broken[3] = "none"
        let text = Self.text([Self.good, other])
        #expect(try Catalogue(text, of: "cohere").entries.map(\.provider) == ["cohere"])
        #expect(try Catalogue(text, of: "open").entries.isEmpty)
        #expect(try Catalogue(text).entries.map(\.provider) == ["openai", "cohere"])
        #expect(try Catalogue(Self.text([broken, other]), of: "cohere").entries.count == 1)
        #expect(throws: Catalogue.Flaw.self) { try Catalogue(Self.text([broken, other]), of: "openai") }
    }

    @Test("unknown facts are nil")
    func unknown() throws {
        var row = Self.good.map { _ in "-" }
        (row[0], row[1], row[3], row[15]) = ("openai", "m", "other", "docs")
        let entry = try #require(try Catalogue(Self.text([row])).entries.first)
        #expect(entry.contextWindow == nil && entry.price == nil && entry.takenIn == nil && !entry.isDeprecated)
    }

    /// The column, its text, and words of the expected reason.
    @Test(
        "an invalid field is named with its line",
        arguments: [
            ("provider", "-", "needs a provider"), ("provider", "Open AI", "a-z"), ("model", "", "empty"),
            ("model", " m", "blank"), ("model", "m ", "blank"), ("model", "gpt\u{e9}", "a-z"), ("kind", "-", "must be"),
            ("kind", "image", "must be"), ("context_window", "0", "tokens"), ("context_window", "-5", "tokens"),
            ("context_window", "1e3", "tokens"), ("context_window", "99999999999999999999", "tokens"),
            ("max_output_tokens", "+5", "tokens"), ("input", "-", "needs prices"), ("input", "0x2", "price"),
            ("input", "-1", "price"), ("input", "1.", "price"), ("input", ".5", "price"), ("input", "nan", "price"),
            ("input", "0.1234567", "price"), ("output", "10001", "price"), ("output", "-", "needs prices"),
            ("tiers", "500", "four prices"), ("tiers", "500:1/2/3", "four prices"), ("tiers", "500:///", "four prices"),
            ("tiers", "x:1///2", "tokens"), ("tiers", "500:1///2,400:1///2", "ascending"),
            ("tiers", "500:1///2,", "four"),
            ("changes", "2027-13-01:1///2", "date"), ("changes", "2027-01:1///2", "date"),
            ("changes", "2027-02-01:1///2,2027-02-01:1///2", "ascending"), ("capabilities", "chat,audio", "audio"),
            ("capabilities", "chat,chat", "twice"), ("capabilities", "streaming", "chat"),
            ("capabilities", "-", "chat"),
            ("deprecated", "no", "neither"), ("retires", "2027-1-1", "date"), ("retires", "soon", "date"),
            ("sources", "-", "source"), ("sources", "web:2026-11", "source web"), ("sources", "page:2026", "month"),
            ("sources", "page:", "month"), ("note", "", "empty"),
        ])
    func flaw(column: String, field: String, reason: String) throws {
        var row = Self.good
        row[try #require(CatalogueReader.columns.firstIndex(of: column))] = field
        var other = Self.good
        other[1] = "other"
        let flaw = #expect(throws: Catalogue.Flaw.self) { try Catalogue(Self.text([other, row])) }
        #expect(flaw?.line == 4)
        #expect(flaw?.description.contains(reason) == true, "\(flaw?.description ?? "")")
    }

    @Test(
        "a text that is not a table is refused",
        arguments: [
            ("", 0, "not named"), ("# comment\n", 1, "not named"), ("a\tb\n", 1, "2 fields"),
            (header + "x\n", 1, "columns"), (header + "\n\n", 2, "1 fields"),
            ("#\n" + header + "\nopenai\tm\n", 3, "2 fields"),
            (header + "\r\n", 1, "columns"),
        ])
    func table(text: String, line: Int, reason: String) {
        let flaw = #expect(throws: Catalogue.Flaw.self) { try Catalogue(Array(text.utf8)) }
        #expect(flaw?.line == line)
        #expect(flaw?.reason.contains(reason) == true, "\(flaw?.reason ?? "")")
    }

    @Test("a model is listed once")
    func duplicate() {
        let flaw = #expect(throws: Catalogue.Flaw.self) { try Catalogue(Self.text([Self.good, Self.good])) }
        #expect(flaw == Catalogue.Flaw(line: 4, reason: "openai/m is in line 3 too"))
    }

    @Test("prices without a price to change are refused", arguments: ["tiers", "changes"])
    func priceless(column: String) throws {
        var row = Self.good
        for index in 6...11 { row[index] = "-" }
        row[try #require(CatalogueReader.columns.firstIndex(of: column))] =
            column == "tiers" ? "9:1///2" : "2027-01-01:1///2"
        let flaw = #expect(throws: Catalogue.Flaw.self) { try Catalogue(Self.text([row])) }
        #expect(flaw?.reason.contains("unknown price") == true)
    }

    @Test("bytes that are not UTF-8 are refused")
    func encoding() {
        #expect(throws: Catalogue.Flaw.self) { try Catalogue([0x23, 0xFF, 0x0A]) }
    }
}
