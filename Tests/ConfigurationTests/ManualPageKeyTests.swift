import Foundation
import Testing

@testable import UltraDaemon

/// `ultrad.toml(5)` shows each key as `.It Ic NAME No = Li DEFAULT`, below `.Ss [table]`.
@Suite("ultrad.toml(5)")
struct ManualPageKeyTests {
    /// The header above a key: `[limits]` for `limits.drain`, `[routes.NAME]` for `routes.*.models`, `[[budgets]]` for
    /// `budgets.[].uid`.
    private static func header(of key: SettingDescription) -> String {
        switch key.path.dropFirst().first {
        case "*": "[\(key.path[0]).NAME]"
        case "[]": "[[\(key.path[0])]]"
        default: "[\(key.path[0])]"
        }
    }

    /// The page's entry for the key, joined into one line.
    private static func entry(_ key: SettingDescription) -> String {
        let comment = key.comment.dropFirst(2)
        return ".It Ic \(key.path.last ?? "") No = Li \(key.defaultText ?? "") \(comment) "
    }

    private static func onOneLine(_ text: String) -> String {
        text.replacing("\\(dq", with: "\"").replacing("\n", with: " ")
    }

    @Test("has every key with default and range in its table, and no other")
    func keys() throws {
        let page = try DocumentedTests.text("man/ultrad.toml.5")
        let keys = ConfigurationFile.keys.flatMap(\.description.leaves)
        var sections: [String: String] = [:]
        for section in page.split(separator: "\n.Ss ").dropFirst() {
            sections[String(section.prefix { $0 != "\n" })] = Self.onOneLine(String(section))
        }
        for key in keys {
            let header = Self.header(of: key)
            let entry = Self.entry(key)
            #expect(sections[header]?.contains(entry) == true, "etc/man/ultrad.toml.5 lacks below \(header): \(entry)")
        }
        #expect(page.matches(of: #/(?m)^\.It Ic /#).count == keys.count)
        #expect(Set(sections.keys) == Set(keys.map(Self.header)))
    }
}
