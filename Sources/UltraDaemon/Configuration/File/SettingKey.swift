/// One key of a table of the configuration file, with its documentation. `etc/ultrad.toml` and the manual page are
/// generated from it.
struct SettingKey<Table: Sendable>: Sendable {
    let name: String
    /// One sentence without its full stop, for `etc/ultrad.toml`.
    let doc: String
    /// The text after "must be": "a duration from 1s to 1h".
    let words: String
    /// The default in TOML syntax; nil: the value is a table.
    let defaultText: String?
    /// The keys of a table.
    let children: [SettingDescription]
    /// Reads the node into the table; problems are added to the reader.
    let read: @Sendable (TomlNode, _ path: String, inout Table, inout KeyReader) -> Void
    let isEqual: @Sendable (Table, Table) -> Bool

    init<Value: Equatable>(
        _ name: String, _ field: any WritableKeyPath<Table, Value> & Sendable, _ type: KeyType<Value>, _ doc: String
    ) where Table: SettingTable {
        self.name = name
        self.doc = doc
        words = type.words
        defaultText = type.write(Table()[keyPath: field])
        children = type.children
        isEqual = { $0[keyPath: field] == $1[keyPath: field] }
        read = { node, path, table, reader in
            if let value = type.read(node, path, table[keyPath: field], &reader) { table[keyPath: field] = value }
        }
    }

    var description: SettingDescription {
        SettingDescription(path: [name], doc: doc, words: words, defaultText: defaultText, children: children)
    }
}

/// A type that the configuration file represents as a table.
protocol SettingTable: Sendable, Equatable {
    /// The table with all defaults.
    init()
    static var keys: [SettingKey<Self>] { get }
    /// Checks conditions on several keys; called after all keys are read.
    func check(_ path: String, _ reader: inout KeyReader)
}

extension SettingTable {
    func check(_ path: String, _ reader: inout KeyReader) {}
}

/// The documentation of a key.
struct SettingDescription: Sendable {
    /// Relative to the describing table; `*` stands for any name, `[]` for an element of an array of tables.
    var path: [String]
    var doc: String
    var words: String
    var defaultText: String?
    var children: [SettingDescription]

    /// The keys with values: this key, or for a table the keys in it.
    var leaves: [SettingDescription] {
        guard defaultText == nil else { return [self] }
        return children.flatMap(\.leaves).map { leaf in
            var leaf = leaf
            leaf.path = path + leaf.path
            return leaf
        }
    }

    /// The comment above the key in `etc/ultrad.toml`.
    var comment: String { "# \(doc). \(words.prefix(1).uppercased())\(words.dropFirst())." }
}

/// Reads the values of one configuration file and collects the problems.
struct KeyReader {
    let file: String
    var problems: Problems

    /// Adds the problem that a value has the wrong type or is out of range.
    /// - Parameter path: the path of the value: `limits.frame_bytes`, `routes.fast.models[1]`.
    mutating func refuse(_ node: TomlNode, _ path: String, mustBe words: String) {
        problems.refuse(at: place(node), "\(path) must be \(words), not \(node.shown)")
    }

    func place(_ node: TomlNode) -> Problems.Place { Problems.Place(file: file, line: node.line) }

    /// Reads the keys of a table into `table`; absent keys leave it unchanged.
    mutating func read<Table: SettingTable>(_ node: TomlNode, _ path: String, into table: inout Table) {
        guard case .table(let entries) = node.value else { return refuse(node, path, mustBe: "a table") }
        let keys = Table.keys
        for entry in entries {
            let entryPath = path.isEmpty ? TomlNode.key(entry.key) : "\(path).\(TomlNode.key(entry.key))"
            guard let key = keys.first(where: { $0.name == entry.key }) else {
                let advice = Self.advice(entry.key, keys.map(\.name))
                problems.refuse(at: place(entry.node), "\(entryPath) is not a configuration key; \(advice)")
                continue
            }
            problems.note(entryPath, at: place(entry.node))
            key.read(entry.node, entryPath, &table, &self)
        }
        table.check(path, &self)
    }

    /// Adds a problem if `least` exceeds `most`.
    /// - Parameters:
    ///   - path: the key of `least`.
    ///   - name: the key of `most`.
    mutating func check(_ path: String, _ least: Duration, isAtMost most: Duration, _ name: String) {
        if least > most { problems.refuse(path, "must not be more than \(name), \(Quantity.text(most))") }
    }

    private static func advice(_ name: String, _ names: [String]) -> String {
        if let nearest = NearestNames.of(name, among: names).first { return "did you mean \(nearest)?" }
        return "the keys of this table are \(names.sorted().joined(separator: ", "))"
    }
}
