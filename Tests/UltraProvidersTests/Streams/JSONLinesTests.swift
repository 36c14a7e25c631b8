import Testing

@testable import UltraProviders

struct JSONLinesTests {
    private func split(_ bytes: [UInt8], cuts: [Int], limitBytes: Int = 1000) throws -> [String] {
        var splitter = JSONLines(limitBytes: limitBytes)
        var lines: [String] = []
        var start = 0
        for cut in cuts + [bytes.count] {
            try Array(bytes[start..<cut]).withUnsafeBytes { read in
                try splitter.receive(read) { line in
                    lines.append(String(decoding: line, as: UTF8.self))
                    return true
                }
            }
            start = cut
        }
        splitter.finish { line in
            lines.append(String(decoding: line, as: UTF8.self))
            return true
        }
        return lines
    }

    @Test(
        "lines come whole, wherever the reads fall",
        arguments: [
            ("{\"a\":1}\n{\"b\":2}\n", ["{\"a\":1}", "{\"b\":2}"]),
            ("{\"a\":1}\r\n\r\n\n{\"b\":2}", ["{\"a\":1}", "{\"b\":2}"]),
            ("\n\n", []),
            ("{\"日\":\"\u{1F600}\"}\n", ["{\"日\":\"\u{1F600}\"}"]),
        ])
    func split(stream: String, lines: [String]) throws {
        let bytes = Array(stream.utf8)
        #expect(try split(bytes, cuts: Array(bytes.indices)) == lines)
        for cut in bytes.indices {
            #expect(try split(bytes, cuts: [cut]) == lines, "read at \(cut)")
        }
    }

    @Test("a line beyond the limit is an error")
    func limit() {
        #expect(throws: SplitLimitExceeded(limitBytes: 10)) {
            try split(Array("{\"aaaaaaaaaaaa\":1}\n".utf8), cuts: [4, 8, 12], limitBytes: 10)
        }
    }
}
