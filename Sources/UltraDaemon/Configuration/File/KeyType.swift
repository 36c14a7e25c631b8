/// What the value of a key may be: how it is described, read and written.
struct KeyType<Value: Sendable>: Sendable {
    /// After "must be": "a duration from 1s to 1h".
    let words: String
    /// As TOML; `nil` for tables.
    let write: @Sendable (Value) -> String?
    /// What a table holds.
    var children: [SettingDescription] = []
    /// The value of the node; `nil` once it is refused. The third is the value so far, which a table adds to.
    let read: @Sendable (TomlNode, _ path: String, Value?, inout KeyReader) -> Value?

    /// - Parameters:
    ///   - example: shown with an error.
    ///   - parse: `nil`: it is not such a value.
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

    /// The same text for another type. `convert` gives `nil` only for what was refused already.
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

    /// USD, kept as millionths.
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

    /// A number is of seconds.
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

    /// A number is of bytes.
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
    /// Something to read: not empty, no control characters.
    static func text(_ words: String) -> Self {
        KeyType(words, write: Quantity.quoted) { value in
            guard case .text(let text) = value, !text.isEmpty else { return nil }
            return text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } ? text : nil
        }
    }

    /// Of the environment. A text that is refused is not shown: it may be the key itself, in the wrong place.
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

    /// Of a model, an alias, a tag: no blanks.
    static var name: Self {
        KeyType("a name without blanks", write: Quantity.quoted) { value in
            guard case .text(let text) = value, !text.isEmpty, text.utf8.count <= 256 else { return nil }
            return text.contains { $0.isWhitespace || $0.isNewline || $0 == "\0" } ? nil : text
        }
    }
}
