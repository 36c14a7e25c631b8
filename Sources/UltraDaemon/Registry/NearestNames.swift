/// The names that a misspelt one may have meant.
enum NearestNames {
    /// The longest name that is looked at, in UTF-8 bytes: what comes from outside must not cost more than it is worth.
    static let longestBytes = 256

    /// At most three of `names`, nearest first, that differ from `name` in no more than a third of its characters or
    /// contain it. None for a name longer than `longestBytes`.
    static func of(_ name: String, among names: [String]) -> [String] {
        guard !name.isEmpty, name.utf8.count <= longestBytes else { return [] }
        let lowercased = name.lowercased()
        let wanted = Array(lowercased.utf8)
        return names.compactMap { candidate -> (name: String, distance: Int)? in
            let text = candidate.lowercased()
            if wanted.count > 2, text.contains(lowercased) { return (candidate, 1) }
            let bytes = Array(text.utf8)
            let bare = bytes.firstIndex(of: UInt8(ascii: "/")).map { Array(bytes[($0 + 1)...]) } ?? bytes
            let distance = min(Self.distance(wanted, bytes), Self.distance(wanted, bare))
            return distance <= max(1, wanted.count / 3) ? (candidate, distance) : nil
        }
        .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
        .prefix(3).map(\.name)
    }

    /// Levenshtein's.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, left) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (left == right ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }
}
