import UltraAPI
import libultra

/// Owns one event of an answer, and frees it when it goes out of scope.
struct Event: ~Copyable {
    private let handle: OpaquePointer

    /// - Parameter handle: an event of libultra, whose ownership passes to this value.
    init(owning handle: OpaquePointer) {
        self.handle = handle
    }

    deinit { ultra_event_free(handle) }

    var kind: ultra_kind { ultra_event_kind(handle) }

    /// The id of its request; 0: it concerns the whole connection.
    var id: UInt64 { ultra_event_id(handle) }

    /// True if it is the last event of its request.
    var isTerminal: Bool {
        kind == ULTRA_KIND_RESULT || kind == ULTRA_KIND_DONE || kind == ULTRA_KIND_ERROR
    }

    /// Reads the string at `path`, such as `error.message`; `nil`: absent, null or of another type.
    func string(_ path: String) -> String? {
        withText(path) { String(decoding: $0, as: UTF8.self) }
    }

    /// Calls `body` with the UTF-8 of the string at `path`; `nil`: absent, null or of another type.
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

    /// The frame as the daemon sent it, as one line with its newline.
    var line: [UInt8] {
        var length = 0
        let start = ultra_event_json(handle, &length)
        // JSON allows newlines only between values, where a space means the same.
        return UnsafeRawBufferPointer(start: start, count: length).map {
            $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? UInt8(ascii: " ") : $0
        } + [UInt8(ascii: "\n")]
    }

    func printJSON() throws(Failure) {
        try Output.standardOutput.write(json: line)
    }

    /// Formats the frame for standard output.
    ///
    /// - Throws: `.unreadable`.
    func render(_ body: (inout JSONReader, Style) throws(JSONError) -> String) throws(Failure) -> String {
        try read { (reader) throws(JSONError) in try body(&reader, Style(for: .standardOutput)) }
    }

    /// Reads the frame as JSON.
    ///
    /// - Throws: `.unreadable`.
    func read<T>(_ body: (inout JSONReader) throws(JSONError) -> T) throws(Failure) -> T {
        var length = 0
        let start = ultra_event_json(handle, &length)
        var reader = JSONReader(UnsafeRawBufferPointer(start: start, count: length))
        do {
            return try body(&reader)
        } catch {
            throw .unreadable("the daemon's answer does not follow protocol 1, at byte \(error.offset)")
        }
    }
}
