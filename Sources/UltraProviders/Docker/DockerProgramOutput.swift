import UltraAPI

/// Finds the JSON text in the program's output, which may print other lines first.
enum DockerProgramOutput {
    /// Decodes the JSON text that begins at the first line that can begin one.
    static func read<Value>(
        _ output: [UInt8], _ body: (inout JSONReader) throws(JSONError) -> Value
    ) throws(JSONError) -> Value {
        let start = start(output)
        return try JSONReader.read(reply: Array(output[start...])) { (reader) throws(JSONError) in
            let value = try body(&reader)
            try reader.end()
            return value
        }
    }

    private static func start(_ output: [UInt8]) -> Int {
        var start = 0
        while start < output.count {
            let line = output[start...].prefix { $0 != .lineFeed }
            let first = line.first { !$0.isJSONWhitespace }
            let isNull = line.starts(with: "null".utf8) && line.dropFirst(4).allSatisfy(\.isJSONWhitespace)
            if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") || isNull { return start }
            start = line.endIndex + 1
        }
        return min(start, output.count)
    }
}
