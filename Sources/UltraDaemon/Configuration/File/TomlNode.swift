internal import CToml

/// A value of a TOML document, with its line.
struct TomlNode {
    enum Value {
        case text(String)
        case integer(Int)
        case number(Double)
        case boolean(Bool)
        case date
        case list([TomlNode])
        /// In the order of the document.
        case table([(key: String, node: TomlNode)])
    }

    let value: Value
    /// The line of the key, or of the value itself for an element of a list; the first line is 1.
    let line: Int

    struct SyntaxError: Error, Equatable {
        let line: Int
        let reason: String
    }

    /// Parses a document into a table.
    static func document(_ text: String) throws(SyntaxError) -> TomlNode {
        // toml++ 3.3 recurses into keys and values, but limits only the depth of values.
        if let line = lineOfDeepKey(text) { throw SyntaxError(line: line, reason: "a key has too many parts") }
        var text = text
        let document = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { ctoml_parse($0.baseAddress, $0.count) }
        }
        defer { ctoml_free(document) }
        var line: UInt32 = 0
        guard let root = ctoml_root(document) else {
            let reason = ctoml_error(document, &line).map { String(cString: $0) } ?? "cannot be read"
            throw SyntaxError(line: Int(line), reason: reason)
        }
        return TomlNode(root.pointee)
    }

    private init(_ node: ctoml_node) {
        line = Int(node.line)
        let children = UnsafeBufferPointer(start: node.children, count: node.count)
        value =
            switch node.kind {
            case CTOML_TABLE:
                .table(
                    children.map { (key: Self.text($0.key, $0.key_bytes), node: TomlNode($0)) }
                        .sorted { ($0.node.line, $0.key) < ($1.node.line, $1.key) })
            case CTOML_ARRAY: .list(children.map(TomlNode.init))
            case CTOML_STRING: .text(Self.text(node.text, node.text_bytes))
            case CTOML_INTEGER: .integer(Int(node.integer))
            case CTOML_NUMBER: .number(node.number)
            case CTOML_BOOLEAN: .boolean(node.boolean)
            default: .date
            }
    }

    /// The first line with more than 64 dots outside of quotes and comments; nil: there is none.
    private static func lineOfDeepKey(_ text: String) -> Int? {
        var line = 1
        var dots = 0
        var quote: UInt8?
        var isComment = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"): (line, dots, quote, isComment) = (line + 1, 0, nil, false)
            case quote: quote = nil
            case UInt8(ascii: "\""), UInt8(ascii: "'"): if quote == nil { quote = byte }
            case UInt8(ascii: "#"): if quote == nil { isComment = true }
            case UInt8(ascii: "."):
                if quote == nil, !isComment { dots += 1 }
                if dots > 64 { return line }
            default: break
            }
        }
        return nil
    }

    private static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        let bytes = UnsafeBufferPointer(start: start, count: count)
        return String(decoding: UnsafeRawBufferPointer(bytes), as: UTF8.self)
    }

    /// The value in the words of an error message, shortened.
    var shown: String {
        switch value {
        case .text(let text): "\"\(text.count > 40 ? "\(text.prefix(40))…" : text)\""
        case .integer(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .boolean(let boolean): "\(boolean)"
        case .date: "a date"
        case .list: "a list"
        case .table: "a table"
        }
    }

    /// A key in TOML syntax: bare if possible, else quoted.
    static func key(_ name: String) -> String {
        let isBare =
            !name.isEmpty
            && name.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte)
                    || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            }
        return isBare ? name : "\"\(name.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined())\""
    }
}
