import Testing

@testable import UltraProviders

@Suite struct TextDigestTests {
    private static func said(_ pieces: String...) -> TextDigest {
        pieces.reduce(into: TextDigest()) { $0.add($1) }
    }

    @Test("the boundaries of pieces do not matter, and a text that does not begin alike has no rest")
    func rest() {
        let said = Self.said("Grü", "ße", " ")
        #expect(said == Self.said("Grüße "))
        #expect(said.rest(of: "Grüße aus Jena") == "aus Jena")
        #expect(said.rest(of: "Grüße ") == "")
        #expect(said.rest(of: "Grüsse aus Jena") == nil)
        #expect(said.rest(of: "Grü") == nil)
        #expect(TextDigest().rest(of: "all") == "all")
        #expect(Self.said("\u{0}").rest(of: "\u{0}\u{0}") == "\u{0}")
        #expect(Self.said("\u{0}\u{0}").rest(of: "\u{0}") == nil)
    }

    @Test("a part is what all is without what came before it")
    func parts() {
        let (all, beginning) = (Self.said("one two"), Self.said("one "))
        #expect(all.without(beginning) == Self.said("two"))
        #expect(beginning.followed(by: Self.said("two")) == all)
    }

    @Test("alternating parts are kept apart")
    func turns() {
        var parts = PartDigests()
        var all = TextDigest()
        for (key, piece) in [(0, "a"), (0, "b"), (5, "x"), (0, "c"), (5, "y")] {
            parts.select(key, after: all)
            all.add(piece)
        }
        #expect(parts[0, after: all] == Self.said("abc"))
        #expect(parts[5, after: all] == Self.said("xy"))
        #expect(parts[1, after: all].isEmpty)
        #expect(parts.last(after: all) == Self.said("xy"))
    }

    struct Repetition: CustomTestStringConvertible {
        let start: String
        let pieces: [String]
        let news: String
        var testDescription: String { "\(start) + \(pieces)" }
    }

    @Test(
        "pieces are recognised as a repetition of the beginning",
        arguments: [
            Repetition(start: "The tide", pieces: [" turns"], news: " turns"),
            Repetition(start: "The tide", pieces: ["The", " tide"], news: ""),
            Repetition(start: "The", pieces: ["The tide", " turns"], news: " tide turns"),
            Repetition(start: "The tide", pieces: ["The tide", " turns"], news: " turns"),
            Repetition(start: "The tide", pieces: ["The", "rmos"], news: "Thermos"),
            Repetition(start: "The tide", pieces: ["The"], news: "The"),
            Repetition(start: "é", pieces: ["é", "è"], news: "è"),
        ])
    func repetition(example: Repetition) {
        var start = RepeatedText(example.start)
        let told = example.pieces.map { start.receive($0) }.joined()
        #expect(told + start.end() == example.news)
    }
}
