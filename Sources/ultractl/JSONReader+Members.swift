import UltraAPI

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
