import UltraAPI
import libultra

/// One frame of the daemon's answer; `ultra_event_free()` runs when it goes out of scope.
struct Event: ~Copyable {
    private let handle: OpaquePointer

    /// - Parameter handle: an event of libultra that nobody else frees.
    init(owning handle: OpaquePointer) {
        self.handle = handle
    }

    deinit { ultra_event_free(handle) }

    var kind: ultra_kind { ultra_event_kind(handle) }

    /// The number of its request; 0: it is the connection's.
    var id: UInt64 { ultra_event_id(handle) }

    /// The last one of its request.
    var isTerminal: Bool {
        kind == ULTRA_KIND_RESULT || kind == ULTRA_KIND_DONE || kind == ULTRA_KIND_ERROR
    }

    /// The field at `path`, dots leading inwards; `nil`: absent, null or no string.
    func string(_ path: String) -> String? {
        withText(path) { String(decoding: $0, as: UTF8.self) }
    }

    /// Calls `body` with the UTF-8 of the string at `path`, unless there is none.
    func withText<R, E: Error>(_ path: String, _ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R? {
        var text: UnsafePointer<CChar>?
        var length = 0
        guard ultra_event_string(handle, path, &text, &length) > 0 else { return nil }
        return try body(UnsafeRawBufferPointer(start: text, count: length))
    }

    func integer(_ path: String) -> Int? {
        var value: Int64 = 0
        return ultra_event_integer(handle, path, &value) > 0 ? Int(value) : nil
    }

    func number(_ path: String) -> Double? {
        var value = 0.0
        return ultra_event_number(handle, path, &value) > 0 ? value : nil
    }

    /// The frame as it came, ended by a newline; white space that would break the line becomes a space.
    var line: [UInt8] {
        var length = 0
        let start = ultra_event_json(handle, &length)
        // JSON has newlines between values only, where any white space means the same.
        return UnsafeRawBufferPointer(start: start, count: length).map {
            $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? UInt8(ascii: " ") : $0
        } + [UInt8(ascii: "\n")]
    }

    func printJSON() throws(Failure) {
        try Output.standardOutput.write(json: line)
    }

    /// What `body` makes of the frame for a person at standard output.
    func render(_ body: (inout JSONReader, Style) throws(JSONError) -> String) throws(Failure) -> String {
        try read { (reader) throws(JSONError) in try body(&reader, Style(for: .standardOutput)) }
    }

    /// What `body` reads from the frame.
    ///
    /// - Throws: `.unreadable`.
    func read<T>(_ body: (inout JSONReader) throws(JSONError) -> T) throws(Failure) -> T {
        var length = 0
        let start = ultra_event_json(handle, &length)
        var reader = JSONReader(UnsafeRawBufferPointer(start: start, count: length))
        do {
            return try body(&reader)
        } catch {
            throw .unreadable("the daemon's answer is not what protocol 1 promises, at byte \(error.offset)")
        }
    }
}

extension JSONReader {
    /// Reads the next value, an object or null, member by member; `body` reads or skips the value of each.
    mutating func members(_ body: (JSONKey, inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
        guard try kind() != .null else { return try null() }
        try beginObject()
        while let key = try nextKey() { try body(key, &self) }
    }

    /// Reads the next value, an array or null, element by element.
    mutating func elements<Element>(
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

    mutating func strings() throws(JSONError) -> [String] {
        try elements { (reader) throws(JSONError) in try reader.string() }
    }
}
