@testable import UltraAPI

/// A value read completely, for comparing the values of two texts.
indirect enum Tree: Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string([UInt8])
    case array([Tree])
    case object([[UInt8]], [Tree])

    init(_ reader: inout JSONReader) throws(JSONError) {
        switch try reader.kind() {
        case .null:
            try reader.null()
            self = .null
        case .bool: self = .bool(try reader.bool())
        case .number: self = .number(String(decoding: try reader.raw(), as: UTF8.self))
        case .string: self = .string(Array(try reader.string().utf8))
        case .array:
            var elements: [Tree] = []
            try reader.beginArray()
            while try reader.nextElement() { elements.append(try Tree(&reader)) }
            self = .array(elements)
        case .object:
            var names: [[UInt8]] = []
            var values: [Tree] = []
            try reader.beginObject()
            while let key = try reader.nextKey() {
                names.append(Array(String(key).utf8))
                values.append(try Tree(&reader))
            }
            self = .object(names, values)
        }
    }

    func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let value): json.bool(value)
        case .number(let text): json.raw(RawJSON(validated: Array(text.utf8)))
        case .string(let bytes): json.string(String(decoding: bytes, as: UTF8.self))
        case .array(let elements):
            json.beginArray()
            for element in elements { element.write(to: &json) }
            json.endArray()
        case .object(let names, let values):
            json.beginObject()
            for (name, value) in zip(names, values) {
                json.key(String(decoding: name, as: UTF8.self))
                value.write(to: &json)
            }
            json.endObject()
        }
    }
}

/// Skipping and reading must accept the same JSON, and a value that was read must survive writing.
func fuzzJSON(_ bytes: UnsafeRawBufferPointer) {
    for duplicateKeys in [JSONReader.DuplicateKeys.lastWins, .reject] {
        let skipped = result(bytes, duplicateKeys) { (reader) throws(JSONError) in try reader.skip() }
        let read = result(bytes, duplicateKeys) { (reader) throws(JSONError) in try Tree(&reader) }
        switch (skipped, read) {
        case (.failure, .failure): continue
        case (.success, .success(let tree)):
            var writer = JSONWriter()
            tree.write(to: &writer)
            let again = writer.bytes.withUnsafeBytes { bytes in
                result(bytes, duplicateKeys) { (reader) throws(JSONError) in try Tree(&reader) }
            }
            precondition(again == .success(tree), "what was written reads as something else")
        default: preconditionFailure("skipping and reading disagree")
        }
    }
    numbers(bytes)
}

/// Numbers must be read as the standard library reads them, for every requested type.
private func numbers(_ bytes: UnsafeRawBufferPointer) {
    let double = result(bytes, .lastWins) { (reader) throws(JSONError) in try reader.double() }
    let int = result(bytes, .lastWins) { (reader) throws(JSONError) in try reader.int() }
    let text = String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)
    if case .success(let value) = double {
        precondition(value.bitPattern == Double(text)?.bitPattern, "a double read wrongly")
    }
    if case .success(let value) = int {
        precondition(Int(text) == value || Double(text) == Double(value), "an integer read wrongly")
    }
}

private func result<Value>(
    _ bytes: UnsafeRawBufferPointer, _ duplicateKeys: JSONReader.DuplicateKeys,
    _ read: (inout JSONReader) throws(JSONError) -> Value
) -> Result<Value, JSONError> {
    var reader = JSONReader(bytes, duplicateKeys: duplicateKeys)
    return Result { () throws(JSONError) in
        let value = try read(&reader)
        try reader.end()
        return value
    }
}
