import Testing

@testable import UltraAPI

/// RFC 8259 case by case, like JSONTestSuite: texts that must be accepted, and texts that must be refused.
@Suite struct JSONGrammarTests {
    private static func isAccepted(_ text: [UInt8]) -> Bool {
        do throws(JSONError) {
            try JSONReader.read(text) { (reader) throws(JSONError) in
                try reader.skip()
                try reader.end()
            }
            return true
        } catch {
            return false
        }
    }

    @Test(
        "accepts",
        arguments: [
            "[]", "{}", " \t\r\n[ \t\r\n] ", "[null]", "[true,false]", "[1,2]", "\"\"", "0", "-0", "1e5", "1E+5",
            "1e-05", "0e+1",
            "-1.25", "1.5E300", "{\"\":0}", "{\"a\":{\"a\":[[]]}}", "{\"a\":1,\"a\":2}", "[\"\\u0000\\u001F\"]",
            "[\"\\uD834\\uDD1E\"]", "[\"\u{7f}\u{80}\u{ffff}\u{10ffff}\"]", "[\"\u{2028}\u{feff}\"]", "[\"/\\/\"]",
            "[123456789012345678901234567890]", "[1e400]", "[-1e-400]", "null", "true", "[[],[[]],{}]",
        ])
    func accepted(text: String) {
        #expect(Self.isAccepted([UInt8](text.utf8)))
    }

    @Test(
        "refuses",
        arguments: [
            "", " ", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1,,2]", "[1}", "{\"a\":1]",
            "{\"a\"}", "{\"a\":}",
            "{\"a\":1,}", "{,\"a\":1}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\":1 \"b\":2}", "{\"a\"::1}",
            "{\"a\":1,,\"b\":2}", "[1]]",
            "1 2", "[]x", "01", "-01", "00", "-", "+1", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1E-", "0x1", "1_0",
            "NaN", "Infinity",
            "-Infinity", "nul", "nulL", "tru", "truth", "True", "\"", "\"a", "\"\\", "\"\\\"", "\"\\x\"", "\"\\u\"",
            "\"\\u12\"",
            "\"\\u12G4\"", "\"\\U0041\"", "\"\\'\"", "\"\\a\"", "\"\n\"", "\"\t\"", "\"\u{0}\"", "\"\u{1f}\"",
            "\"01234567\u{1}\"",
            "'a'", "a", "\"\\uD800\"", "\"\\uDC00\"", "\"\\uD800x\"", "\"\\uD800\\n\"", "\"\\uD800\\uD800\"",
            "\"\\uD800\\u0041\"",
            "\"\\uDC00\\uD800\"", "\"\\uD83D\\uDE0\"", "\u{feff}[]", "\u{a0}[]", "\u{c}[]", "//\n[]", "/**/[]", "[1]#",
            "[1]\u{0}",
            "{\"a\":1}{", "[\"a\"\"b\"]", "{\"a\" 1}", "[\\u0031]", "[1\u{2c}", "[-a]", "[1a]", "[1e1.5]", "[1.2.3]",
            "\"\u{7f}", "{\"",
        ])
    func refused(text: String) {
        #expect(!Self.isAccepted([UInt8](text.utf8)))
    }

    /// Inside a string, at every distance from its start, so that each path through the scan meets the bytes.
    @Test(
        "refuses bytes that are not UTF-8",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x9F, 0xBF], [0xE0, 0xA0],
            [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF], [0xEF, 0xBF], [0xEF, 0xBF, 0x41], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98],
            [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xF0, 0x9F, 0x98, 0x41],
        ] as [[UInt8]])
    func malformedUTF8(bytes: [UInt8]) {
        for distance in 0..<20 {
            let padding = [UInt8](repeating: 0x61, count: distance)
            #expect(!Self.isAccepted([0x22] + padding + bytes + padding + [0x22]))
            #expect(!Self.isAccepted([0x5B, 0x22] + padding + bytes + [0x22, 0x5D]))
            #expect(!Self.isAccepted([0x7B, 0x22] + padding + bytes + [0x22, 0x3A, 0x31, 0x7D]))
        }
        #expect(!Self.isAccepted(bytes))
    }

    @Test(
        "accepts the first and last code points of each length",
        arguments: ["\u{80}\u{7ff}", "\u{800}\u{d7ff}\u{e000}\u{ffff}", "\u{10000}\u{10ffff}"])
    func wellFormedUTF8(text: String) {
        for distance in 0..<20 {
            #expect(Self.isAccepted([UInt8]("\"\(String(repeating: "a", count: distance))\(text)\"".utf8)))
        }
    }

    @Test(
        "names the error and its place",
        arguments: [
            ("[1,]", JSONError(.unexpectedByte, offset: 3)), ("{\"a\":1", JSONError(.unexpectedEnd, offset: 6)),
            ("[01]", JSONError(.invalidNumber, offset: 1)), ("[\"ab\u{1}\"]", JSONError(.controlCharacter, offset: 4)),
            ("[\"ab\\x\"]", JSONError(.invalidEscape, offset: 4)),
            ("[\"\\uDC00\"]", JSONError(.loneSurrogate, offset: 2)),
            ("[] []", JSONError(.trailingBytes, offset: 3)), ("\u{feff}[]", JSONError(.byteOrderMark, offset: 0)),
        ])
    func errors(text: String, error: JSONError) {
        #expect(throws: error) {
            try JSONReader.read([UInt8](text.utf8)) { (reader) throws(JSONError) in
                try reader.skip()
                try reader.end()
            }
        }
    }
}
