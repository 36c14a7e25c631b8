internal import UltraAPI

/// Writes server-sent events with a JSON object as data (HTML Living Standard, section 9.2).
enum ServerSentEvent {
    /// Writes an event whose data repeats its name as `type`.
    static func write(_ name: StaticString, to bytes: inout [UInt8], _ members: (inout JSONWriter) -> Void) {
        append("event: ", name, &bytes)
        append("\ndata: ", "", &bytes)
        object(to: &bytes) { json in
            json.key("type")
            json.string(name)
            members(&json)
        }
        append("\n\n", "", &bytes)
    }

    /// Appends a JSON object.
    static func object(to bytes: inout [UInt8], _ members: (inout JSONWriter) -> Void) {
        // Swapped, because a second reference to the buffer would cause a copy at the next write.
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        var json = JSONWriter(appendingTo: taken)
        taken = []
        json.beginObject()
        members(&json)
        json.endObject()
        swap(&bytes, &json.bytes)
    }

    private static func append(_ first: StaticString, _ second: StaticString, _ bytes: inout [UInt8]) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: first.utf8Start, count: first.utf8CodeUnitCount))
        bytes.append(contentsOf: UnsafeBufferPointer(start: second.utf8Start, count: second.utf8CodeUnitCount))
    }
}
