internal import UltraAPI

/// The tags of a row as text: one name in blocks, a JSON array in the table.
enum LedgerTags {
    private static let separator: Character = "\u{1f}"

    /// Sorted and without duplicates, so that the order in a request does not matter.
    static func name(_ tags: [String]) -> String {
        switch tags.count {
        case 0: ""
        case 1: tags[0]
        default: Set(tags).sorted().joined(separator: String(separator))
        }
    }

    static func split(_ name: String) -> [Substring] {
        name.split(separator: separator)
    }

    static func json(_ tags: [String]) -> String {
        var json = JSONWriter()
        json.beginArray()
        for tag in tags { json.string(tag) }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Anything but an array of strings reads as no tags, since the file may have been edited.
    static func read(_ json: String) -> [String] {
        do throws(JSONError) {
            return try JSONReader.read(Array(json.utf8)) { (reader: inout JSONReader) throws(JSONError) in
                var tags: [String] = []
                try reader.beginArray()
                while try reader.nextElement() { tags.append(try reader.string()) }
                return tags
            }
        } catch {
            return []
        }
    }
}
