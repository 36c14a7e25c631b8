/// One key of a table of the configuration file: how it is called, read, checked and explained.
struct SettingKey<Table: Sendable>: Sendable {
    let name: String
    /// One sentence without its full stop, for `etc/ultrad.toml`.
    let doc: String
    /// After "must be": "a duration from 1s to 1h".
    let words: String
    /// The default as TOML; `nil` for tables.
    let defaultText: String?
    /// What a table holds.
    let children: [SettingDescription]
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
