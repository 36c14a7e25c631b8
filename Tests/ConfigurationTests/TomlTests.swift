import Testing

@testable import UltraDaemon

@Suite("TOML")
struct TomlTests {
    @Test("invalid TOML is reported with its line")
    func syntax() {
        let cases = [
            ("a = 1\na = 2", 2), ("\n\n[b", 3), ("x = \"\u{1}\"", 1), ("a = [1, ", 1),
            ("\n" + String(repeating: "a.", count: 50_000) + "a = 1", 2),
            ("a = " + String(repeating: "[", count: 50_000), 1),
        ]
        for (text, line) in cases {
            do throws(TomlNode.SyntaxError) {
                _ = try TomlNode.document(text)
                Issue.record("\(text) was accepted")
            } catch {
                #expect(error.line == line, "\(text): \(error.reason)")
            }
        }
    }

    @Test("dots in strings and comments are no key's")
    func dots() throws {
        let dots = String(repeating: ".", count: 100)
        _ = try TomlNode.document("a = \"\(dots)\" # \(dots)\n# \(dots)")
    }

    @Test("an empty document is an empty table", arguments: ["", "# nothing\n", "\n\n"])
    func empty(text: String) throws {
        guard case .table(let entries) = try TomlNode.document(text).value else {
            Issue.record("no table")
            return
        }
        #expect(entries.isEmpty)
    }
}
