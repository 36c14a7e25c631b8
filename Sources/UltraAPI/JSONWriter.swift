/// Writes one JSON text after the bytes it is given; commas are placed by the writer, and no white space.
///
/// What is written is valid if the calls are: names and values in turn inside objects, every begin with its end.
package struct JSONWriter {
    package var bytes: [UInt8]
    /// The next member or element needs a comma before it.
    private var needsComma = false

    /// - Parameter bytes: what the text is appended to.
    package init(appendingTo bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// Goes on inside an object of which `bytes` hold the first members.
    init(continuingObject bytes: [UInt8]) {
        self.bytes = bytes
        needsComma = true
    }

    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    /// Writes a member name that needs no escapes.
    package mutating func key(_ name: StaticString) {
        let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        JSONText.appendPlain(name, afterComma: needsComma, isName: true, to: &bytes)
        needsComma = false
    }

    package mutating func key(_ name: String) {
        JSONText.appendQuoted(name, afterComma: needsComma, isName: true, to: &bytes)
        needsComma = false
    }

    package mutating func string(_ value: String) {
        JSONText.appendQuoted(value, afterComma: needsComma, to: &bytes)
        needsComma = true
    }

    /// Writes a string that needs no escapes.
    package mutating func string(_ value: StaticString) {
        let value = UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount)
        JSONText.appendPlain(value, afterComma: needsComma, isName: false, to: &bytes)
        needsComma = true
    }

    package mutating func int(_ value: Int) {
        separate()
        JSONText.appendDecimal(value, places: 0, to: &bytes)
    }

    /// Writes `value` / 10^`places` exactly, without trailing zeros in the fraction.
    package mutating func fixed(_ value: Int, places: Int) {
        separate()
        JSONText.appendDecimal(value, places: places, to: &bytes)
    }

    /// Writes the shortest digits that read back as `value`; `null` if it is not finite.
    package mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        var digits = value.description
        digits.withUTF8 { bytes.append(contentsOf: $0) }
    }

    package mutating func bool(_ value: Bool) {
        separate()
        literal(value ? "true" : "false")
    }

    package mutating func null() {
        separate()
        literal("null")
    }

    package mutating func raw(_ value: RawJSON) {
        separate()
        bytes.append(contentsOf: value.bytes)
    }

    /// Adds members that are encoded already, with the commas between them.
    mutating func members(encoded members: ArraySlice<UInt8>) {
        guard !members.isEmpty else { return }
        separate()
        bytes.append(contentsOf: members)
    }

    private mutating func begin(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func end(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func literal(_ word: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
}
