import Foundation
import Testing
import UltraProviders
import UltraSystem

@testable import UltraDaemon

/// `etc/ultrad.toml` and `etc/ultrad.env`: `#key` is a default, `##` an example, `# ` prose.
@Suite("The documented configuration")
struct DocumentedTests {
    static func text(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "etc/\(name)"), encoding: .utf8)
    }

    static func isDefault(_ line: Substring) -> Bool {
        line.hasPrefix("#") && !line.hasPrefix("##") && !line.hasPrefix("# ") && line != "#"
    }

    static func uncommented(_ text: String, examples: Bool) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            if isDefault(line) { return String(line.dropFirst()) }
            return examples && line.hasPrefix("##") ? String(line.dropFirst(2)) : String(line)
        }
        .joined(separator: "\n")
    }

    /// `routes.*.models` for a key under `[routes.fast]`.
    static func path(_ header: Substring, _ key: Substring) -> String {
        let isList = header.hasPrefix("[[")
        let name = header.filter { $0 != "[" && $0 != "]" }
        let first = name.prefix { $0 != "." }
        return [String(first), isList ? "[]" : first.endIndex < name.endIndex ? "*" : nil, String(key)]
            .compactMap(\.self).joined(separator: ".")
    }

    @Test("holds every key with its explanation, and those that have one at their default")
    func everyKey() throws {
        let known = Dictionary(
            uniqueKeysWithValues: ConfigurationFile.keys.flatMap(\.description.leaves).map {
                ($0.path.joined(separator: "."), $0)
            })
        var seen: Set<String> = []
        var header: Substring = ""
        var previous: Substring = ""
        for line in try Self.text("ultrad.toml").split(separator: "\n") {
            defer { previous = line }
            let bare = line.drop { $0 == "#" }
            if bare.hasPrefix("[") {
                header = bare
                continue
            }
            guard line.hasPrefix("##") || Self.isDefault(line) else { continue }
            let path = Self.path(header, bare.prefix { $0 != " " })
            guard let key = known[path] else {
                Issue.record("\(path) is no key")
                continue
            }
            if Self.isDefault(line) { #expect(bare == "\(key.path.last ?? "") = \(key.defaultText ?? "")") }
            if seen.insert(path).inserted { #expect(previous == key.comment) }
        }
        #expect(Set(known.keys).subtracting(seen).sorted() == [])
    }

    @Test("is equivalent to no file, as shipped and with every default uncommented")
    func defaults() throws {
        let text = try Self.text("ultrad.toml")
        var unchanged = try load(text).get()
        var uncommented = try load(Self.uncommented(text, examples: false)).get()
        unchanged.file = nil
        uncommented.file = nil
        #expect(try unchanged == load().get())
        #expect(try uncommented == load().get())
    }

    @Test("has examples that work")
    func examples() throws {
        let text = Self.uncommented(try Self.text("ultrad.toml"), examples: true)
        let configuration = try load(text, ["GROQ_API_KEY": "k"]).get()
        #expect(!configuration.routing.routes.isEmpty && !configuration.budgets.isEmpty)
        #expect(configuration.providers.contains { $0.id == "groq" })
    }

    @Test("has every variable, which say nothing new")
    func variables() throws {
        let text = try Self.text("ultrad.env")
        let lines = text.split(separator: "\n")
        var names: Set<String> = []
        for (index, line) in lines.enumerated() where Self.isDefault(line) {
            let name = String(line.dropFirst().prefix { $0 != "=" })
            names.insert(name)
            #expect(lines[index - 1].hasPrefix("# "), "\(name) is not explained")
            if let own = EnvironmentVariable.own.first(where: { $0.name == name }) {
                #expect(lines[index - 1] == "# \(own.doc).")
            }
        }
        var expected = Set(EnvironmentVariable.own.map(\.name))
        for kind in ProviderKind.all {
            expected.formUnion(kind.keyVariables + kind.endpointVariables + [kind.concurrencyVariable])
            if let variable = kind.organizationVariable { expected.insert(variable) }
        }
        #expect(expected.subtracting(names).sorted() == [])

        for text in [text, Self.uncommented(text, examples: false)] {
            let files = ["/e": FileContents(text)]
            let configuration = try load(nil, files: files) { $0.environmentFile = "/e" }.get()
            // The variables set the same endpoints under other names.
            var bare = try load().get()
            #expect(configuration.providers.map(\.id) == bare.providers.map(\.id))
            bare.providerSet = configuration.providerSet
            #expect(configuration == bare)
        }
    }
}
