internal import Glibc

/// Reads a request's JSON object field by field; its errors name the invalid field and what was expected.
///
/// The bytes have already been validated as JSON, so only types and ranges can be wrong.
package struct RequestFields {
    var reader: JSONReader
    /// The path to the current value, such as `messages[2].content`.
    private var path: [Step] = []

    private enum Step {
        case member(JSONKey)
        case element(Int)
    }

    package init(_ reader: JSONReader) {
        self.reader = reader
        path.reserveCapacity(8)
    }

    /// The path as text, such as `messages[2].role`; empty at the top.
    private var place: String { Self.text(path[...]) }

    /// The path of the value just read.
    package var placeOfValue: String { place }

    /// The path of the array that contains the current element.
    var parentPlace: String { Self.text(path.dropLast()) }

    private static func text(_ path: ArraySlice<Step>) -> String {
        path.reduce(into: "") { text, step in
            switch step {
            case .member(let key): text += (text.isEmpty ? "" : ".") + String(key)
            case .element(let index): text += "[\(index)]"
            }
        }
    }

    /// The error for the current value: `messages[2].role must be <what>`.
    package func expected(_ what: String) -> UltraError { Self.expected(what, at: place) }

    /// The error for an invalid or missing member of the object just read.
    package func expected(_ what: String, at member: StaticString) -> UltraError {
        Self.expected(what, at: place(of: member))
    }

    static func expected(_ what: String, at place: String) -> UltraError {
        UltraError(.invalidRequest, "\(place) must be \(what)", field: place)
    }

    /// The path of a member of the object that was just read, or of that value itself if `member` is nil.
    func place(of member: StaticString?) -> String {
        guard let member else { return place }
        return path.isEmpty ? "\(member)" : "\(place).\(member)"
    }

    // MARK: - Structure

    /// Reads an object. Calls `read` for each member, which must read or skip its value.
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

    /// Reads an array. Calls `read` for each element, which must read or skip it.
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

    /// True if the next value is a `kind`, without consuming it.
    package mutating func isNext(_ kind: JSONKind) throws(UltraError) -> Bool {
        try syntax { (reader) throws(JSONError) in try reader.kind() } == kind
    }

    // MARK: - Values

    /// Reads a string. Rejects NUL, which no provider accepts and some treat as the end of the text.
    package mutating func string(_ what: String = "a string") throws(UltraError) -> String {
        try need(.string, what)
        let text = try syntax { (reader) throws(JSONError) in try reader.string() }
        guard !text.holdsNUL else { throw expected("without U+0000") }
        return text
    }

    /// nil for `null`.
    package mutating func stringOrNull() throws(UltraError) -> String? {
        guard try isNext(.null) else { return try string("a string or null") }
        try skip()
        return nil
    }

    /// Reads a string that is not empty.
    package mutating func name(_ what: String) throws(UltraError) -> String {
        let text = try string(what)
        guard !text.isEmpty else { throw expected(what) }
        return text
    }

    package mutating func bool() throws(UltraError) -> Bool {
        try need(.bool, "true or false")
        return try syntax { (reader) throws(JSONError) in try reader.bool() }
    }

    /// Reads an integer within `range`.
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

    /// Reads a number within `range`.
    package mutating func number(_ range: ClosedRange<Double>) throws(UltraError) -> Double {
        var what: String { "a number from \(range.lowerBound) to \(range.upperBound)" }
        guard try isNext(.number) else { throw expected(what) }
        let value = try syntax { (reader) throws(JSONError) in try reader.double() }
        guard range.contains(value) else { throw expected(what) }
        return value
    }

    /// Reads a string that is the raw value of one of `values`.
    package mutating func choice<Value: RawRepresentable<String>>(_ values: [Value]) throws(UltraError) -> Value {
        // Computed only for an error.
        var what: String { "one of " + values.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") }
        guard try isNext(.string) else { throw expected(what) }
        let text = try string()
        guard let value = values.first(where: { $0.rawValue == text }) else { throw expected(what) }
        return value
    }

    /// Reads an array of non-empty strings.
    package mutating func names(_ what: String, _ element: String) throws(UltraError) -> [String] {
        var names: [String] = []
        try array(what) { (fields, _) throws(UltraError) in names.append(try fields.name(element)) }
        return names
    }

    /// Reads a JSON object and keeps its bytes.
    package mutating func rawObject(_ what: String = "an object") throws(UltraError) -> RawJSON {
        try need(.object, what)
        return try syntax { (reader) throws(JSONError) in try reader.rawJSON() }
    }

    /// The bytes of the next value, which is not consumed.
    package func rawValue() throws(UltraError) -> RawJSON {
        var copy = self
        return try copy.syntax { (reader) throws(JSONError) in try reader.rawJSON() }
    }

    // MARK: - Errors

    private mutating func need(_ kind: JSONKind, _ what: String) throws(UltraError) {
        guard try isNext(kind) else { throw expected(what) }
    }

    /// Maps a syntax error, which cannot occur in a frame validated before.
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
