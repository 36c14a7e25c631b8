/// Reads values and keeps what is wrong with them.
struct KeyReader {
    let file: String
    var problems: Problems

    /// - Parameter path: of the value: `limits.frame_bytes`, `routes.fast.models[1]`.
    mutating func refuse(_ node: TomlNode, _ path: String, mustBe words: String) {
        problems.refuse(at: place(node), "\(path) must be \(words), not \(node.shown)")
    }

    func place(_ node: TomlNode) -> Problems.Place { Problems.Place(file: file, line: node.line) }

    /// Reads the keys of a table into `table`; what is not there stays as it is.
    mutating func read<Table: SettingTable>(_ node: TomlNode, _ path: String, into table: inout Table) {
        guard case .table(let entries) = node.value else { return refuse(node, path, mustBe: "a table") }
        let keys = Table.keys
        for entry in entries {
            let entryPath = path.isEmpty ? TomlNode.key(entry.key) : "\(path).\(TomlNode.key(entry.key))"
            guard let key = keys.first(where: { $0.name == entry.key }) else {
                let advice = Self.advice(entry.key, keys.map(\.name))
                problems.refuse(at: place(entry.node), "\(entryPath) is no key of the configuration; \(advice)")
                continue
            }
            problems.note(entryPath, at: place(entry.node))
            key.read(entry.node, entryPath, &table, &self)
        }
        table.check(path, &self)
    }

    /// Refuses a duration that exceeds the longest of its kind.
    mutating func check(_ path: String, _ least: Duration, isAtMost most: Duration, _ name: String) {
        if least > most { problems.refuse(path, "must not be more than \(name), \(Quantity.text(most))") }
    }

    private static func advice(_ name: String, _ names: [String]) -> String {
        if let nearest = NearestNames.of(name, among: names).first { return "did you mean \(nearest)?" }
        return "here may be \(names.sorted().joined(separator: ", "))"
    }
}
