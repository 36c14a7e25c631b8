/// The type of a configuration key's value: its description, and how it is read and written.
struct KeyType<Value: Sendable>: Sendable {
    /// The text after "must be": "a duration from 1s to 1h".
    let words: String
    /// Returns the value in TOML syntax; nil: the value is a table.
    let write: @Sendable (Value) -> String?
    /// The keys of a table.
    var children: [SettingDescription] = []
    /// Returns the value of the node, or reports a problem and returns nil. The third parameter is the current value,
    /// which a table is merged into.
    let read: @Sendable (TomlNode, _ path: String, Value?, inout KeyReader) -> Value?

    /// - Parameters:
    ///   - example: added to the error message.
    ///   - parse: returns nil for a value of another type or out of range.
    init(
        _ words: String, example: String? = nil, write: @escaping @Sendable (Value) -> String,
        parse: @escaping @Sendable (TomlNode.Value) -> Value?
    ) {
        self.words = words
        self.write = write
        read = { node, path, _, reader in
            if let value = parse(node.value) { return value }
            reader.refuse(node, path, mustBe: words + (example.map { ", such as \($0)" } ?? ""))
            return nil
        }
    }

    init(
        _ words: String, write: @escaping @Sendable (Value) -> String?, children: [SettingDescription],
        read: @escaping @Sendable (TomlNode, String, Value?, inout KeyReader) -> Value?
    ) {
        self.words = words
        self.write = write
        self.children = children
        self.read = read
    }

    /// A type with the same text and another Swift type. `convert` may return nil only for a value that was refused
    /// already.
    func mapped<New>(
        _ convert: @escaping @Sendable (Value) -> New?, back: @escaping @Sendable (New) -> Value
    ) -> KeyType<New> {
        KeyType<New>(words, write: { write(back($0)) }, children: children) { node, path, current, reader in
            read(node, path, current.map(back), &reader).flatMap(convert)
        }
    }
}

// MARK: - Plain values

extension KeyType {
    static func integer(_ range: ClosedRange<Int>) -> Self where Value == Int {
        KeyType("a whole number from \(range.lowerBound) to \(range.upperBound)", write: { "\($0)" }) { value in
            if case .integer(let number) = value, range.contains(number) { number } else { nil }
        }
    }

    static func number(_ range: ClosedRange<Double>) -> Self where Value == Double {
        let words = "a number from \(Quantity.text(range.lowerBound)) to \(Quantity.text(range.upperBound))"
        return KeyType(words, write: { "\($0)" }) { value in
            let number: Double
            switch value {
            case .integer(let integer): number = Double(integer)
            case .number(let real): number = real
            default: return nil
            }
            return range.contains(number) ? number : nil
        }
    }

    /// An amount in USD, stored in micro-USD.
    static func microUSD(upTo most: Double) -> Self where Value == Int {
        KeyType<Double>.number(0...most).mapped(
            { Int(($0 * 1_000_000).rounded()) }, back: { Double($0) / 1_000_000 })
    }

    static func choice() -> Self
    where Value: RawRepresentable<String>, Value: CaseIterable {
        let names = Value.allCases.map { Quantity.quoted($0.rawValue) }
        let words = names.count == 1 ? names[0] : "one of \(names.joined(separator: ", "))"
        return KeyType(words, write: { Quantity.quoted($0.rawValue) }) { value in
            if case .text(let text) = value { Value(rawValue: text) } else { nil }
        }
    }

    /// A duration with a unit, or a number of seconds.
    static func duration(_ least: Duration, _ most: Duration) -> Self where Value == Duration {
        let words = "a duration from \(Quantity.text(least)) to \(Quantity.text(most))"
        return KeyType(words, example: "\"30s\" or \"500ms\"", write: { Quantity.quoted(Quantity.text($0)) }) { value in
            let duration: Duration?
            switch value {
            case .text(let text): duration = Quantity.duration(text)
            case .integer(let seconds): duration = Quantity.duration("\(seconds)s")
            case .number(let seconds): duration = Quantity.duration("\(seconds)s")
            default: duration = nil
            }
            return duration.flatMap { (least...most).contains($0) ? $0 : nil }
        }
    }

    /// A size with a unit, or a whole number of bytes.
    static func size(_ least: Int, _ most: Int) -> Self where Value == Int {
        let words = "a size from \(Quantity.size(least)) to \(Quantity.size(most))"
        return KeyType(words, example: "\"16MiB\"", write: { Quantity.quoted(Quantity.size($0)) }) { value in
            let bytes: Int?
            switch value {
            case .text(let text): bytes = Quantity.bytes(text)
            case .integer(let integer): bytes = integer
            default: bytes = nil
            }
            return bytes.flatMap { (least...most).contains($0) ? $0 : nil }
        }
    }
}

extension KeyType where Value == Bool {
    static var boolean: Self {
        KeyType("true or false", write: { "\($0)" }) { value in
            if case .boolean(let boolean) = value { boolean } else { nil }
        }
    }
}

extension KeyType where Value == String {
    /// A text that is not empty and has no control characters.
    static func text(_ words: String) -> Self {
        KeyType(words, write: Quantity.quoted) { value in
            guard case .text(let text) = value, !text.isEmpty else { return nil }
            return text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } ? text : nil
        }
    }

    /// The name of an environment variable. The error does not show a refused text, because it may be a key that was
    /// entered in the wrong place.
    static var variable: Self {
        let words = "the name of a variable: letters, digits and _"
        return KeyType(words, write: Quantity.quoted, children: []) { node, path, _, reader in
            guard case .text(let text) = node.value else {
                reader.refuse(node, path, mustBe: words)
                return nil
            }
            if (1...256).contains(text.utf8.count), text.first?.isNumber == false,
                text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
            {
                return text
            }
            reader.problems.refuse(at: reader.place(node), "\(path) must be \(words)")
            return nil
        }
    }

    static var path: Self {
        KeyType("a path that begins with /", write: Quantity.quoted) { value in
            if case .text(let text) = value, text.hasPrefix("/"), !text.utf8.contains(0) { text } else { nil }
        }
    }

    /// The name of a model, an alias or a tag.
    static var name: Self {
        KeyType("a name without blanks", write: Quantity.quoted) { value in
            guard case .text(let text) = value, !text.isEmpty, text.utf8.count <= 256 else { return nil }
            return text.contains { $0.isWhitespace || $0.isNewline || $0 == "\0" } ? nil : text
        }
    }
}

// MARK: - Compound values

extension KeyType {
    /// - Parameter absent: the text for "not set", in the file and as the default in the documentation.
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

    /// Tables whose names the user chooses, `[name.*]`.
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

    /// An array of tables, `[[name]]`.
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
