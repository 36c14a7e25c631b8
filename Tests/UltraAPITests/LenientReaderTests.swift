import Testing

@testable import UltraAPI

/// Flaws that only a reader of replies tolerates.
struct LenientReaderTests {
    static let strings: [(String, String)] = [
        (#""\ud83c""#, "\u{FFFD}"), (#""a\udf0ab""#, "a\u{FFFD}b"), (#""\ud83c\ud83c\udf0a""#, "\u{FFFD}\u{1F30A}"),
        (#""\udf0a\ud83c""#, "\u{FFFD}\u{FFFD}"), (#""\ud83cA""#, "\u{FFFD}A"), (#""\ud83c\n""#, "\u{FFFD}\n"),
        (#""\ud83c\u0041""#, "\u{FFFD}A"), (#""\uDBFF\uDFFF""#, "\u{10FFFF}"),
        (
            #""a long string before it \ud83c and a long one after""#,
            "a long string before it \u{FFFD} and a long one after"
        ),
    ]

    @Test("half a surrogate pair reads as U+FFFD, and strictly is an error", arguments: strings)
    func halves(json: String, text: String) throws {
        let found = try JSONReader.read(reply: Array(json.utf8)) { (reader) throws(JSONError) in
            let text = try reader.string()
            try reader.end()
            return text
        }
        #expect(Array(found.unicodeScalars) == Array(text.unicodeScalars))
        guard text.unicodeScalars.contains("\u{FFFD}") else { return }
        let error = #expect(throws: JSONError.self) {
            try JSONReader.read(Array(json.utf8)) { (reader) throws(JSONError) in try reader.skip() }
        }
        #expect(error?.kind == .loneSurrogate)
    }

    @Test("a reader reports whether it met such a half, also in skipped values")
    func meeting() throws {
        for (json, isCut) in [
            (#"{"a":["\ud83c"]}"#, true), (#"{"\ud83c":1}"#, true), (#"{"a":"\ud83c\udf0a\\ud83c"}"#, false),
        ] {
            try JSONReader.read(reply: Array(json.utf8)) { (reader) throws(JSONError) in
                try reader.skip()
                #expect(reader.hasMetLoneSurrogate == isCut)
            }
        }
    }

    @Test(
        "a copy of a value is strict JSON",
        arguments: [
            (#"["\ud83c","\udf0a\ud83c\udf0a","\\ud83c"]"#, #"["\ufffd","\ufffd\ud83c\udf0a","\\ud83c"]"#),
            (#"{"\uDC00":"\\\uDC00"}"#, #"{"\ufffd":"\\\ufffd"}"#),
        ])
    func copies(json: String, copy: String) throws {
        let bytes = try JSONReader.read(reply: Array(json.utf8)) { (reader) throws(JSONError) in
            try reader.rawJSON().bytes
        }
        #expect(String(decoding: bytes, as: UTF8.self) == copy)
        try JSONReader.read(bytes) { (reader) throws(JSONError) in try reader.skip() }
    }

    @Test("numbers that JSON does not have can be skipped, not read or copied")
    func nonNumbers() throws {
        for value in ["NaN", "Infinity", "-Infinity"] {
            for json in [value, " [\(value)]", #"{"a":\#(value) , "b":[1,\#(value)]}"#] {
                try JSONReader.read(reply: Array(json.utf8)) { (reader) throws(JSONError) in
                    try reader.skip()
                    try reader.end()
                }
                #expect(throws: JSONError.self) {
                    try JSONReader.read(Array(json.utf8)) { (reader) throws(JSONError) in try reader.skip() }
                }
                #expect(throws: JSONError.self) {
                    try JSONReader.read(reply: Array(json.utf8)) { (reader) throws(JSONError) in try reader.rawJSON() }
                }
            }
            #expect(throws: JSONError.self) {
                try JSONReader.read(reply: Array(value.utf8)) { (reader) throws(JSONError) in try reader.double() }
            }
        }
    }

    @Test("a byte order mark is passed over at the start and nowhere else")
    func byteOrderMark() throws {
        try JSONReader.read(reply: Array("\u{FEFF}{}".utf8)) { (reader) throws(JSONError) in try reader.skip() }
        for json in ["{}\u{FEFF}", "\u{FEFF}\u{FEFF}{}", "{\u{FEFF}}"] {
            #expect(throws: JSONError.self) {
                try JSONReader.read(reply: Array(json.utf8)) { (reader) throws(JSONError) in
                    try reader.skip()
                    try reader.end()
                }
            }
        }
    }
}
