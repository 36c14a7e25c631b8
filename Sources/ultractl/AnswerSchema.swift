import UltraAPI

/// A JSON Schema the answer must follow, read from a file and named after it.
struct AnswerSchema {
    private let name: String
    private let schema: RawJSON

    /// - Throws: `.usage` if the file is not one JSON object.
    init(_ file: InputFile) throws(Failure) {
        do {
            schema = try JSONReader.read(file.bytes) { (reader) throws(JSONError) in
                guard try reader.kind() == .object else { throw JSONError(.unexpectedByte, offset: 0) }
                let schema = try reader.rawJSON()
                try reader.end()
                return schema
            }
        } catch {
            throw .usage("\(file.name): no JSON object (at byte \(error.offset))")
        }
        // Providers take letters, digits, - and _, 64 at most.
        let stem = file.lastComponent.split(separator: ".").first ?? "answer"
        name = String(
            stem.unicodeScalars.prefix(64).map { scalar in
                let isPlain = scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                return isPlain || scalar == "-" ? Character(scalar) : "_"
            })
    }

    func write(to writer: inout JSONWriter) {
        writer.key("response_format")
        writer.beginObject()
        writer.field("name", name)
        writer.field("schema", schema)
        writer.field("strict", true)
        writer.endObject()
    }
}
