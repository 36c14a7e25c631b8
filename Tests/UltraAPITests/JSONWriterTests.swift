import Foundation
import Testing

@testable import UltraAPI

@Suite struct JSONWriterTests {
    private static func written(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test("places the commas, at every level")
    func commas() {
        let text = Self.written { writer in
            writer.beginObject()
            writer.key("a")
            writer.beginArray()
            writer.endArray()
            writer.key("b")
            writer.beginArray()
            writer.int(1)
            writer.beginObject()
            writer.field("c", true)
            writer.field("d", RawJSON(validated: [0x31]))
            writer.endObject()
            writer.null()
            writer.double(0.5)
            writer.endArray()
            writer.fieldIfPresent("e", nil as Int?)
            writer.fieldOrNull("f", nil as String?)
            writer.fieldOrNull("g", "x")
            writer.endObject()
        }
        #expect(text == #"{"a":[],"b":[1,{"c":true,"d":1},null,0.5],"f":null,"g":"x"}"#)
    }

    @Test(
        "escapes the characters that RFC 8259 demands and no others",
        arguments: [
            ("", #""""#), ("plain text of some length", #""plain text of some length""#), ("\"\\/", #""\"\\/""#),
            ("\u{8}\u{c}\n\r\t\u{0}\u{1f}", #""\b\f\n\r\t\u0000\u001f""#),
            ("é中😀\u{7f}\u{2028}", "\"é中😀\u{7f}\u{2028}\""),
            ("1234567\n1234567\"", #""1234567\n1234567\"""#),
        ])
    func escapes(value: String, text: String) {
        #expect(Self.written { $0.string(value) } == text)
    }

    @Test("strings bridged from elsewhere are written too")
    func foreignStrings() {
        let foreign = NSString(string: "a\u{e9}\"b") as String
        #expect(Self.written { $0.string(foreign) } == "\"a\u{e9}\\\"b\"")
        #expect(Self.written { $0.string(String("xyz\"abc".dropFirst(2))) } == "\"z\\\"abc\"")
    }

    @Test(
        "writes doubles that are JSON and read back as themselves",
        arguments: [
            0, -0.0, 0.1, 1e300, .leastNonzeroMagnitude, 1.7976931348623157e308, 123456789, 1e16, 1e-7, 1 / 3.0,
        ])
    func doubles(value: Double) throws {
        let text = Self.written { $0.double(value) }
        let read = try JSONReader.read([UInt8](text.utf8)) { (reader) throws(JSONError) in try reader.double() }
        #expect(read.bitPattern == value.bitPattern)
    }

    @Test("writes null for what JSON has no number for", arguments: [Double.nan, .infinity, -.infinity])
    func nonFinite(value: Double) {
        #expect(Self.written { $0.double(value) } == "null")
    }

    @Test(
        "writes integers",
        arguments: [(0, "0"), (-1, "-1"), (Int.max, "9223372036854775807"), (Int.min, "-9223372036854775808")])
    func integers(value: Int, text: String) {
        #expect(Self.written { $0.int(value) } == text)
    }

    @Test("every character of the first plane survives writing and reading")
    func roundTrip() throws {
        for start in stride(from: 0, to: 0x11000, by: 64) {
            var text = ""
            for code in start..<start + 64 { Unicode.Scalar(UInt32(code)).map { text.unicodeScalars.append($0) } }
            let bytes = [UInt8](Self.written { $0.string(text) }.utf8)
            let read = try JSONReader.read(bytes) { (reader) throws(JSONError) in try reader.string() }
            #expect(read.utf8.elementsEqual(text.utf8))
        }
    }
}
