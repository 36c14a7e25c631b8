import Testing

@testable import UltraAPI

@Suite struct TerminalControlsTests {
    @Test(
        "characters that control a terminal are replaced, and no others",
        arguments: [
            ("plain", "plain"), ("é 猫 👍🏽", "é 猫 👍🏽"), ("a\u{1B}[2J", "a\u{FFFD}[2J"), ("a\u{9B}2J", "a\u{FFFD}2J"),
            ("a\u{80}b\u{9F}c\u{A0}", "a\u{FFFD}b\u{FFFD}c\u{A0}"), ("\u{7F}", "\u{FFFD}"),
            ("\u{202A}\u{202E}\u{2066}\u{2069}", "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
            // Marks of direction and joiners are part of ordinary text and reverse nothing.
            ("\u{200E}\u{200F}\u{200D}\u{2029}\u{2030}", "\u{200E}\u{200F}\u{200D}\u{2029}\u{2030}"),
            ("a\nb\tc", "a\nb\tc"), ("a\r\nb", "a\nb"), ("a\rb\r", "a\u{FFFD}b\u{FFFD}"), ("\r\r\n", "\u{FFFD}\n"),
        ])
    func printable(_ text: String, _ expected: String) {
        #expect(Array(text.printable.unicodeScalars) == Array(expected.unicodeScalars))
        let line = expected.replacing("\n", with: " ").replacing("\t", with: " ")
        #expect(Array(text.printableLine.unicodeScalars) == Array(line.unicodeScalars))
    }

    @Test(
        "JSON for a terminal means the same",
        arguments: [
            (#"{"a":"é"}"#, #"{"a":"é"}"#), ("{\"a\":\"\u{9B}\u{7F}\"}\n", "{\"a\":\"\\u009b\\u007f\"}\n"),
            ("[\"\u{202E}\u{2069}👍\"]", "[\"\\u202e\\u2069👍\"]"), (#"["\u009b"]"#, #"["\u009b"]"#),
        ])
    func json(_ json: String, _ expected: String) {
        #expect(String(decoding: TerminalJSON.escaped(Array(json.utf8)), as: UTF8.self) == expected)
    }
}
