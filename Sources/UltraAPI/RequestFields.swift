internal import Glibc

/// Reads the members of a request's object and says which one is wrong and what was expected.
///
/// Built over bytes that were validated as JSON already, so that what can fail here is a type or a range.
package struct RequestFields {
    var reader: JSONReader
    /// Where we are, such as `messages[2].content`.
    private var path: [Step] = []

    private enum Step {
        case member(JSONKey)
        case element(Int)
    }

    package init(_ reader: JSONReader) {
        self.reader = reader
        path.reserveCapacity(8)
    }

    /// `messages[2].role`, or `request` at the top.
    private var place: String { Self.text(path[...]) }

    /// Of the value that was just read.
    package var placeOfValue: String { place }

    /// Of the array whose element is read.
    var parentPlace: String { Self.text(path.dropLast()) }

    private static func text(_ path: ArraySlice<Step>) -> String {
        path.reduce(into: "") { text, step in
            switch step {
            case .member(let key): text += (text.isEmpty ? "" : ".") + String(key)
            case .element(let index): text += "[\(index)]"
            }
        }
    }

    package func expected(_ what: String) -> UltraError {
        UltraError(.invalidRequest, "\(place) must be \(what)", field: place)
    }

    /// The error for a member of the object that was just read, or is missing from it.
    package func expected(_ what: String, at member: StaticString) -> UltraError {
        let place = path.isEmpty ? "\(member)" : "\(place).\(member)"
        return UltraError(.invalidRequest, "\(place) must be \(what)", field: place)
    }

    // MARK: - Structure

    /// Calls `read` for each member with its name. Members it does not read are to be skipped by it.
    package mutating func object(
        _ what: String = "an object", _ read: (inout RequestFields, JSONKey) throws(UltraError) -> Void
    ) throws(UltraError) {
        try need(.object, what)
        try syntax { (reader) throws(JSONError) in try reader.beginObject() }
        while let key = try syntax({ (reader) throws(JSONError) in try reader.nextKey() }) {
            path.append(.member(key))
            try read(&self, key)
            path.removeLast()
        }
    }

    /// Calls `read` for each element.
    package mutating func array(
        _ what: String = "an array", _ read: (inout RequestFields, Int) throws(UltraError) -> Void
    ) throws(UltraError) {
        try need(.array, what)
        try syntax { (reader) throws(JSONError) in try reader.beginArray() }
        var index = 0
        while try syntax({ (reader) throws(JSONError) in try reader.nextElement() }) {
            path.append(.element(index))
            try read(&self, index)
            path.removeLast()
            index += 1
        }
    }

    package mutating func skip() throws(UltraError) {
        try syntax { (reader) throws(JSONError) in try reader.skip() }
    }

    /// Whether the next value is `kind`; it is not consumed.
    package mutating func isNext(_ kind: JSONKind) throws(UltraError) -> Bool {
        try syntax { (reader) throws(JSONError) in try reader.kind() } == kind
    }

    // MARK: - Values

    /// Without NUL, which no provider takes: some end the text there.
    package mutating func string(_ what: String = "a string") throws(UltraError) -> String {
        try need(.string, what)
        let text = try syntax { (reader) throws(JSONError) in try reader.string() }
        guard !text.holdsNUL else { throw expected("without U+0000") }
        return text
    }

    package mutating func stringOrNull() throws(UltraError) -> String? {
        guard try isNext(.null) else { return try string("a string or null") }
        try skip()
        return nil
    }

    /// A string that says something.
    package mutating func name(_ what: String) throws(UltraError) -> String {
        let text = try string(what)
        guard !text.isEmpty else { throw expected(what) }
        return text
    }

    package mutating func bool() throws(UltraError) -> Bool {
        try need(.bool, "true or false")
        return try syntax { (reader) throws(JSONError) in try reader.bool() }
    }

    package mutating func int(_ range: ClosedRange<Int>) throws(UltraError) -> Int {
        var what: String { "an integer from \(range.lowerBound) to \(range.upperBound)" }
        guard try isNext(.number) else { throw expected(what) }
        do throws(JSONError) {
            let value = try reader.int()
            if range.contains(value) { return value }
        } catch {
            throw expected(what)
        }
        throw expected(what)
    }

    package mutating func number(_ range: ClosedRange<Double>) throws(UltraError) -> Double {
        var what: String { "a number from \(range.lowerBound) to \(range.upperBound)" }
        guard try isNext(.number) else { throw expected(what) }
        let value = try syntax { (reader) throws(JSONError) in try reader.double() }
        guard range.contains(value) else { throw expected(what) }
        return value
    }

    /// One of the raw values of `Value`.
    package mutating func choice<Value: RawRepresentable<String>>(_ values: [Value]) throws(UltraError) -> Value {
        // The words of the error are made only for an error.
        var what: String { "one of " + values.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") }
        guard try isNext(.string) else { throw expected(what) }
        let text = try string()
        guard let value = values.first(where: { $0.rawValue == text }) else { throw expected(what) }
        return value
    }

    /// An array of `element`s, none of them empty.
    package mutating func names(_ what: String, _ element: String) throws(UltraError) -> [String] {
        var names: [String] = []
        try array(what) { (fields, _) throws(UltraError) in names.append(try fields.name(element)) }
        return names
    }

    /// A JSON object, kept as it is.
    package mutating func rawObject(_ what: String = "an object") throws(UltraError) -> RawJSON {
        try need(.object, what)
        return try syntax { (reader) throws(JSONError) in try reader.rawJSON() }
    }

    // MARK: - Errors

    private mutating func need(_ kind: JSONKind, _ what: String) throws(UltraError) {
        guard try isNext(kind) else { throw expected(what) }
    }

    /// Fails only where the frame was not validated before, which would be a bug of ours.
    private mutating func syntax<Value>(
        _ read: (inout JSONReader) throws(JSONError) -> Value
    ) throws(UltraError) -> Value {
        do throws(JSONError) {
            return try read(&reader)
        } catch {
            throw UltraError(.invalidRequest, "\(place) is not readable: \(error)", field: place)
        }
    }
}

extension String {
    fileprivate var holdsNUL: Bool {
        var text = self
        return text.withUTF8 { bytes in
            bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
        }
    }
}
