import Testing
import UltraAPI

@testable import ultractl

struct TableTests {
    @Test(
        "a text takes the columns of its characters",
        arguments: [
            ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("猫", 2), ("ｱ", 1), ("ア", 2), ("한글", 4), ("😀", 2), ("👩‍👩‍👧", 2),
            ("🇩🇪", 2), ("❤\u{FE0F}", 2), ("–…→", 3), ("a\u{200B}b", 2),
        ])
    func columns(_ text: String, _ expected: Int) {
        #expect(text.columns == expected)
    }

    @Test(
        "clipping never takes more than the limit",
        arguments: [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("猫猫", 3, "猫…"), ("猫猫", 2, "…"), ("猫", 0, "")])
    func clipped(_ text: String, _ limit: Int, _ expected: String) {
        #expect(text.clipped(to: limit) == expected)
    }

    @Test(
        "wrapping breaks between words, or inside one that is too long",
        arguments: [
            ("a bc def", 4, ["a bc", "def"]), ("abcdefgh i", 3, ["abc", "def", "gh", "i"]), ("", 3, [""]),
            ("猫猫猫 x", 4, ["猫猫", "猫 x"]), ("abc", 0, ["ab", "c"]),
        ])
    func wrapped(_ text: String, _ limit: Int, _ expected: [String]) {
        #expect(text.wrapped(to: limit) == expected)
    }

    private static var table: Table {
        var table = Table([
            .init(title: "NAME", minimum: 6), .init(title: "N", alignment: .right), .init(title: "EMPTY"),
            .init(title: "TAGS", rank: 2), .init(title: "NOTE", rank: 1, minimum: 6, overflow: .wrap),
        ])
        table.append(["猫の名前", "1", "", "x", "some words\n\tmore"])
        table.append(["longer name", "12", "", "", ""])
        return table
    }

    @Test(
        "columns get narrower, then go, the highest rank first",
        arguments: [
            (
                nil, [],
                """
                NAME          N  TAGS  NOTE
                猫の名前      1  x     some words  more
                longer name  12

                """
            ),
            (
                30, [],
                """
                NAME          N  TAGS  NOTE
                猫の名前      1  x     some
                                       words
                                       more
                longer name  12

                """
            ),
            (
                23, ["TAGS"],
                """
                NAME          N  NOTE
                猫の名前      1  some
                                 words
                                 more
                longer name  12

                """
            ),
            (
                12, ["TAGS", "NOTE"],
                """
                NAME       N
                猫の名前   1
                longer …  12

                """
            ),
        ] as [(Int?, [String], String)])
    func narrow(_ columns: Int?, _ hidden: [String], _ expected: String) {
        let style = Style(columns: columns)
        #expect(Self.table.render(style) == expected)
        #expect(Self.table.hiddenTitles(style) == hidden)
    }

    @Test(
        "times are read as the protocol writes them",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-24T20:36:13Z", 1_795_552_573),
            ("2026-11-24T20:36:13.999Z", 1_795_552_573), ("2026-11-24T20:36:13+01:00", nil), ("", nil),
            ("yyyy-mm-ddThh:mm:ssZ", nil),
        ] as [(String, Int?)])
    func timestamp(_ text: String, _ seconds: Int?) {
        #expect(Timestamp(text)?.seconds == seconds)
    }

    @Test(
        "options of every verb move behind the verb",
        arguments: [
            ([], []), (["status", "--json"], ["status", "--json"]), (["--help"], ["--help"]),
            (["--socket", "x", "status", "-v"], ["status", "--socket", "x", "-v"]),
            (
                ["--json", "--timeout=5", "call", "--", "--socket"],
                ["call", "--json", "--timeout=5", "--", "--socket"]
            ),
            (["--socket", "x"], []), (["--socket"], []), (["--json", "--version"], ["--version"]),
            (["-m", "x", "generate"], ["-m", "x", "generate"]),
        ])
    func leading(_ arguments: [String], _ expected: [String]) {
        #expect(LeadingOptions.behindVerb(arguments) == expected)
    }
}
