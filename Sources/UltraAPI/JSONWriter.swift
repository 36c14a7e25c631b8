/// Writes one JSON text without white space. The writer places the commas.
///
/// The output is valid JSON if the calls are properly nested: inside objects a name before every value, and an end for
/// every begin.
package struct JSONWriter {
    package var bytes: [UInt8]
    /// True if the next member or element needs a comma before it.
    private var needsComma = false

    /// - Parameter bytes: The text is appended to these bytes.
    package init(appendingTo bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// Continues inside an object whose first members are already in `bytes`.
    init(continuingObject bytes: [UInt8]) {
        self.bytes = bytes
        needsComma = true
    }

    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    /// Writes a member name. It must need no escapes.
    package mutating func key(_ name: StaticString) {
        let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        JSONText.appendPlain(name, afterComma: needsComma, isName: true, to: &bytes)
        needsComma = false
    }

    /// Writes a member name, escaped as needed.
    package mutating func key(_ name: String) {
        JSONText.appendQuoted(name, afterComma: needsComma, isName: true, to: &bytes)
        needsComma = false
    }

    /// Writes a string, escaped as needed.
    package mutating func string(_ value: String) {
        JSONText.appendQuoted(value, afterComma: needsComma, to: &bytes)
        needsComma = true
    }

    /// Writes a string. It must need no escapes.
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

    /// Writes the shortest decimal that reads back as `value`; `null` if `value` is not finite.
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

    /// Writes a JSON value as it is.
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

/// Writes members: a name and its value in one call.
extension JSONWriter {
    package mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    package mutating func field(_ name: StaticString, _ value: Int) {
        key(name)
        int(value)
    }

    package mutating func field(_ name: StaticString, _ value: Double) {
        key(name)
        double(value)
    }

    package mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    package mutating func field(_ name: StaticString, _ value: RawJSON) {
        key(name)
        raw(value)
    }

    // A nil value is omitted (`fieldIfPresent`) or written as `null` (`fieldOrNull`).

    package mutating func fieldIfPresent(_ name: StaticString, _ value: String?) {
        if let value { field(name, value) }
    }

    package mutating func fieldIfPresent(_ name: StaticString, _ value: Int?) {
        if let value { field(name, value) }
    }

    package mutating func fieldIfPresent(_ name: StaticString, _ value: Double?) {
        if let value { field(name, value) }
    }

    package mutating func fieldIfPresent(_ name: StaticString, _ value: Bool?) {
        if let value { field(name, value) }
    }

    package mutating func fieldIfPresent(_ name: StaticString, _ value: RawJSON?) {
        if let value { field(name, value) }
    }

    package mutating func fieldOrNull(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    package mutating func fieldOrNull(_ name: StaticString, _ value: Int?) {
        key(name)
        if let value { int(value) } else { null() }
    }

    package mutating func fieldOrNull(_ name: StaticString, _ value: Double?) {
        key(name)
        if let value { double(value) } else { null() }
    }

    package mutating func fieldOrNull(_ name: StaticString, _ value: Bool?) {
        key(name)
        if let value { bool(value) } else { null() }
    }

    package mutating func fieldOrNull(_ name: StaticString, _ value: RawJSON?) {
        key(name)
        if let value { raw(value) } else { null() }
    }
}
