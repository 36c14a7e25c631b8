/// The result of an operation, or the data of an event, as a value that the daemon writes and a client reads.
///
/// Members that a reader does not know are skipped. A member that a daemon of another version leaves out is nil or
/// empty. ultra-protocol(7) describes the members of each report; names end in the unit.
package protocol ReportValue: Sendable, Equatable {
    /// Adds the members of the object, in the order of the protocol.
    func write(to json: inout JSONWriter)

    /// Reads the object; null reads as an object without members.
    init(_ reader: inout JSONReader) throws(JSONError)
}

extension Report {
    package init(_ value: some ReportValue) {
        self.init { value.write(to: &$0) }
    }
}

extension RawJSON {
    package static func object(_ value: some ReportValue) -> RawJSON {
        .object { value.write(to: &$0) }
    }
}

// MARK: - Writing

extension JSONWriter {
    package mutating func object(_ value: some ReportValue) {
        beginObject()
        value.write(to: &self)
        endObject()
    }

    package mutating func field(_ name: StaticString, _ value: some ReportValue) {
        key(name)
        object(value)
    }

    /// Writes an object; nil is written as null.
    package mutating func fieldOrNull(_ name: StaticString, _ value: (some ReportValue)?) {
        key(name)
        if let value { object(value) } else { null() }
    }

    package mutating func array(_ name: StaticString, _ values: [some ReportValue]) {
        key(name)
        beginArray()
        for value in values { object(value) }
        endArray()
    }

    package mutating func strings(_ name: StaticString, _ values: [String]) {
        key(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }

    /// Writes a time; nil is written as null.
    package mutating func fieldOrNull(_ name: StaticString, _ value: Timestamp?) {
        fieldOrNull(name, value?.text)
    }

    /// Writes a time; nil writes nothing.
    package mutating func fieldIfPresent(_ name: StaticString, _ value: Timestamp?) {
        fieldIfPresent(name, value?.text)
    }

    /// Writes an amount of money, given in micro-USD, in USD; nil is written as null.
    package mutating func microUSD(_ name: StaticString, _ value: Int?) {
        key(name)
        if let value { fixed(value, places: 6) } else { null() }
    }
}

// MARK: - Reading

extension JSONReader {
    /// Reads the next value, an object or null, and calls `body` to read or skip the value of each member.
    package mutating func members(_ body: (JSONKey, inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
        guard try kind() != .null else { return try null() }
        try beginObject()
        while let key = try nextKey() { try body(key, &self) }
    }

    /// Reads the next value, an array or null; null gives an empty array.
    package mutating func elements<Element>(
        _ body: (inout JSONReader) throws(JSONError) -> Element
    ) throws(JSONError) -> [Element] {
        guard try kind() != .null else {
            try null()
            return []
        }
        var elements: [Element] = []
        try beginArray()
        while try nextElement() { elements.append(try body(&self)) }
        return elements
    }

    /// Reads an array of strings or null; null gives an empty array.
    package mutating func strings() throws(JSONError) -> [String] {
        try elements { (reader) throws(JSONError) in try reader.string() }
    }

    mutating func array<Value: ReportValue>(of type: Value.Type) throws(JSONError) -> [Value] {
        try elements { (reader) throws(JSONError) in try Value(&reader) }
    }

    /// Reads a value; nil for null.
    mutating func valueOrNull<Value: ReportValue>(_ type: Value.Type) throws(JSONError) -> Value? {
        guard try kind() != .null else {
            try null()
            return nil
        }
        return try Value(&self)
    }

    /// Reads a time; nil: null, or not in the protocol's format.
    mutating func timestampOrNull() throws(JSONError) -> Timestamp? {
        try stringOrNull().flatMap { Timestamp($0) }
    }

    /// Reads an amount of money in USD as micro-USD; nil: null, or too large for an integer.
    mutating func microUSDOrNull() throws(JSONError) -> Int? {
        try doubleOrNull().flatMap { Int(exactly: ($0 * 1e6).rounded()) }
    }
}
