internal import UltraAPI

/// A tool with plain text as input. It is sent to providers as a function with one string, so that a call has the
/// arguments `{"input":TEXT}`.
enum CustomTool {
    static let parameters = RawJSON(
        validated: Array(
            #"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}"#
                .utf8))

    static func arguments(_ input: String) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.field("input", input)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// The text in `arguments`; all of `arguments` if the model did not follow the schema.
    static func input(_ arguments: String) -> String {
        do throws(JSONError) {
            return try JSONReader.read(Array(arguments.utf8)) { (reader) throws(JSONError) in
                var input: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "input" where try reader.kind() == .string: input = try reader.string()
                    default: try reader.skip()
                    }
                }
                try reader.end()
                return input ?? arguments
            }
        } catch {
            return arguments
        }
    }
}

extension Tool {
    /// A function has no grammar, so the grammar is added to the description.
    init(custom fields: inout RequestFields) throws(UltraError) {
        self.init(name: "", parameters: CustomTool.parameters)
        var grammar: String?
        try fields.object("a tool: {\"name\",\"description\"}") { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "name": name = try fields.name("the name of a tool", .toolNameBytes)
            case "description": description = try fields.string()
            case "format": grammar = try Self.grammar(&fields)
            default: try fields.skip()
            }
        }
        if name.isEmpty { throw fields.expected("the name of a tool", at: "name") }
        add(grammar: grammar)
    }

    mutating func add(grammar: String?) {
        guard let grammar else { return }
        description = (description.map { $0 + "\n\n" } ?? "") + "The input must match this grammar:\n" + grammar
    }

    /// Reads `{"type":"grammar","grammar":{"definition","syntax"}}`, or the same with the inner members beside `type`;
    /// nil: any text.
    static func grammar(_ fields: inout RequestFields) throws(UltraError) -> String? {
        var definition: String?
        try fields.object { (fields, key) throws(UltraError) in
            switch key {
            case "grammar" where try fields.isNext(.object): definition = try Self.grammar(&fields)
            case "definition": definition = try fields.string()
            default: try fields.skip()
            }
        }
        return definition
    }
}
