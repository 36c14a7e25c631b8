extension KeyType {
    /// - Parameter absent: the word that stands for "not set", as the default is shown.
    static func optional<Wrapped>(_ type: KeyType<Wrapped>, absent: String) -> Self where Value == Wrapped? {
        let words = "\(type.words), or \(Quantity.quoted(absent))"
        return KeyType(
            words, write: { $0.map(type.write) ?? Quantity.quoted(absent) }, children: type.children
        ) { node, path, current, reader in
            if case .text(absent) = node.value { return .some(nil) }
            return type.read(node, path, current ?? nil, &reader).map(Optional.some)
        }
    }

    static func list<Element>(_ type: KeyType<Element>, of words: String) -> Self where Value == [Element] {
        KeyType(
            "a list of \(words)", write: { "[\($0.compactMap(type.write).joined(separator: ", "))]" }, children: []
        ) { node, path, _, reader in
            guard case .list(let elements) = node.value else {
                reader.refuse(node, path, mustBe: "a list of \(words)")
                return nil
            }
            return elements.enumerated().compactMap { index, element in
                let elementPath = "\(path)[\(index)]"
                reader.problems.note(elementPath, at: reader.place(element))
                return type.read(element, elementPath, nil, &reader)
            }
        }
    }

    static func table() -> Self where Value: SettingTable {
        KeyType("a table", write: { _ in nil }, children: Value.keys.map(\.description)) {
            node, path, current, reader in
            var table = current ?? Value()
            reader.read(node, path, into: &table)
            return table
        }
    }

    /// Tables with names of the user's choice.
    static func tables<Table: SettingTable>() -> Self where Value == [String: Table] {
        KeyType("tables with names", write: { _ in nil }, children: under("*", Table.keys.map(\.description))) {
            node, path, current, reader in
            guard case .table(let entries) = node.value else {
                reader.refuse(node, path, mustBe: "tables with names")
                return nil
            }
            var tables = current ?? [:]
            for (name, node) in entries {
                let entryPath = "\(path).\(TomlNode.key(name))"
                reader.problems.note(entryPath, at: reader.place(node))
                var table = Table()
                reader.read(node, entryPath, into: &table)
                tables[name] = table
            }
            return tables
        }
    }

    /// `[[name]]`.
    static func tableList<Table: SettingTable>() -> Self where Value == [Table] {
        KeyType("a list of tables", write: { _ in nil }, children: under("[]", Table.keys.map(\.description))) {
            node, path, _, reader in
            guard case .list(let elements) = node.value else {
                reader.refuse(node, path, mustBe: "tables, each under [[\(path)]]")
                return nil
            }
            return elements.enumerated().map { index, element in
                let elementPath = "\(path)[\(index)]"
                reader.problems.note(elementPath, at: reader.place(element))
                var table = Table()
                reader.read(element, elementPath, into: &table)
                return table
            }
        }
    }

    private static func under(_ step: String, _ keys: [SettingDescription]) -> [SettingDescription] {
        keys.map { key in
            var key = key
            key.path = [step] + key.path
            return key
        }
    }
}
