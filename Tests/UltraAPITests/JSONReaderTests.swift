import Testing

@testable import UltraAPI

/// Reads or skips the one value of `text` to its end.
private func validate(_ text: [UInt8], duplicateKeys: JSONReader.DuplicateKeys = .lastWins) throws(JSONError) {
    try JSONReader.read(text, duplicateKeys: duplicateKeys) { (reader) throws(JSONError) in
        try reader.skip()
        try reader.end()
    }
}

private func read<T>(_ text: String, _ body: (inout JSONReader) throws(JSONError) -> T) throws(JSONError) -> T {
    try JSONReader.read([UInt8](text.utf8)) { (reader) throws(JSONError) in
        let value = try body(&reader)
        try reader.end()
        return value
    }
}

@Suite struct JSONReaderTests {
    @Test(
        "reads integers exactly, and only integers as integers",
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("-12", -12), ("9223372036854775807", Int.max),
            ("-9223372036854775808", Int.min), ("1.0", 1), ("1e2", 100), ("-1.50e1", -15), ("10.00", 10),
            ("9007199254740992.0", 1 << 53), ("0e99999", 0), ("0.0e-99999", 0), ("100e-2", 1), ("1E+2", 100),
            ("1.00000000000000000000000000", 1), ("0.00000000000000000000000000001e29", 1),
            ("100000000000000000000000e-23", 1),
        ])
    func integers(text: String, value: Int) throws {
        #expect(try read(text) { (reader) throws(JSONError) in try reader.int() } == value)
    }

    @Test(
        "refuses other numbers, and numbers that do not fit, as integers",
        arguments: [
            ("9223372036854775808", JSONError.Kind.numberOutOfRange), ("-9223372036854775809", .numberOutOfRange),
            ("99999999999999999999999", .numberOutOfRange), ("1.5", .notAnInteger), ("1e-1", .notAnInteger),
            ("9007199254740992.5", .notAnInteger), ("9007199254740993.0", .numberOutOfRange),
            ("1e16", .numberOutOfRange), ("1e400", .numberOutOfRange), ("1e-400", .notAnInteger),
            ("1.00000000000000000000000001", .notAnInteger), ("\"1\"", .wrongType(expected: .number, found: .string)),
            ("null", .wrongType(expected: .number, found: .null)),
        ])
    func refusedIntegers(text: String, kind: JSONError.Kind) {
        let error = #expect(throws: JSONError.self) {
            try read(text) { (reader) throws(JSONError) in try reader.int() }
        }
        #expect(error?.kind == kind)
    }

    @Test(
        "reads doubles to the last bit",
        arguments: [
            "0", "-0.0", "0.1", "1.7976931348623157e308", "4.9e-324", "2.2250738585072011e-308", "1e23",
            "123456789012345678",
            "9007199254740993", "0.30000000000000004", "1e22", "1e-22", "3.141592653589793238462643383279", "1e-400",
            "8.41e21", "100000000000000016777215", "100000000000000016777216", "7.2057594037927933e16",
        ])
    func doubles(text: String) throws {
        let value = try read(text) { (reader) throws(JSONError) in try reader.double() }
        #expect(value.bitPattern == Double(text)?.bitPattern)
    }

    @Test("reads random doubles to the last bit, written long and short")
    func randomDoubles() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            let digits = "\(generator.next())\(generator.next())"
            let long =
                "\(digits.prefix(Int.random(in: 1...38, using: &generator)))e\(Int.random(in: -300...200, using: &generator))"
            for text in [value.description, long, "0.\(digits)", "\(Int(generator.next() >> 11)).5"] {
                let read = try read(text) { (reader) throws(JSONError) in try reader.double() }
                #expect(read.bitPattern == Double(text)?.bitPattern, "\(text)")
            }
        }
    }

    @Test(
        "resolves escapes",
        arguments: [
            (#""""#, ""), (#""a""#, "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (#""\u0041\u00e9\u4e2D\uD83D\uDE00""#, "Aé中😀"), (#""\u0000""#, "\0"), ("\"é中😀\u{7f}\"", "é中😀\u{7f}"),
            (#""0123456789abcdef\n0123456789abcdef""#, "0123456789abcdef\n0123456789abcdef"),
            (#""\uFFFF\uDBFF\uDFFF""#, "\u{FFFF}\u{10FFFF}"),
        ])
    func strings(text: String, value: String) throws {
        #expect(try read(text) { (reader) throws(JSONError) in try reader.string() }.utf8.elementsEqual(value.utf8))
    }

    @Test("keys are equal by code points, escaped or not, in switches and as duplicates")
    func keys() throws {
        let text = #"{"a":1,"\u0062":2,"caf\u00e9":3,"\u0061b":4}"#
        var seen: [String] = []
        try read(text) { (reader) throws(JSONError) in
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "a": seen.append("a")
                case "b": seen.append("b")
                case "café": seen.append("café")
                default: seen.append("other:" + String(key))
                }
                try reader.skip()
            }
        }
        #expect(seen == ["a", "b", "café", "other:ab"])
    }

    @Test(
        "rejects duplicate keys within one object only",
        arguments: [
            (#"{"a":1,"a":2}"#, false), (#"{"a":1,"\u0061":2}"#, false),
            (#"{"a":{"a":{}},"b":[{"a":1},{"a":2}]}"#, true),
            (#"{"b":{"a":1,"a":2}}"#, false), (#"{"a":{},"a":{}}"#, false), ("{\"e\u{301}\":1,\"\u{e9}\":2}", true),
        ])
    func duplicates(text: String, isAccepted: Bool) throws {
        if isAccepted {
            try validate([UInt8](text.utf8), duplicateKeys: .reject)
        } else {
            #expect(throws: JSONError.self) { try validate([UInt8](text.utf8), duplicateKeys: .reject) }
        }
        try validate([UInt8](text.utf8), duplicateKeys: .lastWins)
    }

    @Test("finds a duplicate among many keys, nested objects between them")
    func manyKeys() throws {
        let members = (0..<5000).map { "\"k\($0)\":{\"k1\":[{}]}" }.joined(separator: ",")
        try validate([UInt8]("{\(members)}".utf8), duplicateKeys: .reject)
        for duplicate in ["k0", "k15", "k16", "k4999"] {
            let error = #expect(throws: JSONError.self) {
                try validate([UInt8]("{\(members),\"\(duplicate)\":1}".utf8), duplicateKeys: .reject)
            }
            #expect(error?.kind == .duplicateKey)
        }
    }

    @Test("hands out raw values as they lie in the text")
    func raw() throws {
        let raw = try read(#" { "a" : [1, {"b":"\u0041"}] , "c":  -1.5e3 } "#) { (reader) throws(JSONError) in
            var values: [RawJSON] = []
            try reader.beginObject()
            while try reader.nextKey() != nil { values.append(try reader.rawJSON()) }
            return values
        }
        #expect(raw.map { String(decoding: $0.bytes, as: UTF8.self) } == [#"[1, {"b":"\u0041"}]"#, "-1.5e3"])
    }

    @Test("accepts nesting up to its limit", arguments: [1, 2, 63, 64])
    func depth(limit: Int) throws {
        func nested(_ depth: Int) -> [UInt8] {
            [UInt8]((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        func skip(_ text: [UInt8]) throws(JSONError) {
            try JSONReader.read(text, maxDepth: limit) { (reader) throws(JSONError) in
                try reader.skip()
                try reader.end()
            }
        }
        try skip(nested(limit))
        let error = #expect(throws: JSONError.self) { try skip(nested(limit + 1)) }
        #expect(error?.kind == .tooDeep)
        #expect(error?.offset == limit)
    }

    @Test("a null is no value where null is allowed, and another type is still an error")
    func optionals() throws {
        try read("[null,null,null,null,1,true,\"s\",2.5]") { (reader) throws(JSONError) in
            try reader.beginArray()
            var values: [Bool] = []
            _ = try reader.nextElement()
            values.append(try reader.intOrNull() == nil)
            _ = try reader.nextElement()
            values.append(try reader.stringOrNull() == nil)
            _ = try reader.nextElement()
            values.append(try reader.boolOrNull() == nil)
            _ = try reader.nextElement()
            values.append(try reader.doubleOrNull() == nil)
            _ = try reader.nextElement()
            values.append(try reader.intOrNull() == 1)
            _ = try reader.nextElement()
            values.append(try reader.boolOrNull() == true)
            _ = try reader.nextElement()
            values.append(try reader.stringOrNull() == "s")
            _ = try reader.nextElement()
            values.append(try reader.doubleOrNull() == 2.5)
            values.append(try reader.nextElement() == false)
            #expect(!values.contains(false))
        }
        #expect(throws: JSONError.self) { try read("1") { (reader) throws(JSONError) in try reader.stringOrNull() } }
    }
}
