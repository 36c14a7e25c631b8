/// The names that a misspelt one may have meant.
enum NearestNames {
    /// The longest name that is looked at, in UTF-8 bytes: what comes from outside must not cost more than it is worth.
    static let longestBytes = 256

    /// At most three of `names`, nearest first, that differ from `name` in no more than a third of its characters or
    /// contain it. None for a name longer than `longestBytes`.
    static func of(_ name: String, among names: [String]) -> [String] {
        guard !name.isEmpty, name.utf8.count <= longestBytes else { return [] }
        let wanted = Array(name.lowercased().utf8)
        let most = max(1, wanted.count / 3)
        return names.compactMap { candidate -> (name: String, distance: Int)? in
            let bytes = Array(candidate.lowercased().utf8)
            if wanted.count > 2, contains(bytes, wanted) { return (candidate, 1) }
            let bare = bytes[(bytes.firstIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
            let distances = [bytes[...], bare].compactMap { distance(wanted, $0, atMost: most) }
            return distances.min().map { (candidate, $0) }
        }
        .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
        .prefix(3).map(\.name)
    }

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard text.count >= part.count else { return false }
        return (0...text.count - part.count).contains { start in
            text[start] == part[0] && text[start..<start + part.count].elementsEqual(part)
        }
    }

    /// Levenshtein's; nil: it is more than `limit`. Ends as soon as that is certain.
    private static func distance(_ a: [UInt8], _ b: ArraySlice<UInt8>, atMost limit: Int) -> Int? {
        guard abs(a.count - b.count) <= limit else { return nil }
        var row = Array(0...b.count)
        for (i, left) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            var least = row[0]
            for (j, right) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (left == right ? 0 : 1))
                diagonal = above
                least = min(least, row[j + 1])
            }
            guard least <= limit else { return nil }
        }
        return row[b.count] <= limit ? row[b.count] : nil
    }
}
