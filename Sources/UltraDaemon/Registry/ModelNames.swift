internal import UltraSystem

/// The models of one provider by alias and by tag, since a provider may list tens of thousands. Rebuilt when the models
/// change. Each array is sorted by the models' names.
struct ModelNames {
    private(set) var aliased: [String: [ModelState]] = [:]
    private(set) var tagged: [String: [ModelState]] = [:]

    init(_ models: [ModelState]) {
        for model in models {
            for alias in model.aliases { aliased[alias, default: []].append(model) }
            for tag in model.settings.tags { tagged[tag, default: []].append(model) }
        }
    }
}

/// Suggestions for a misspelt name. Comparing it with tens of thousands of names would stall the loop, so a large set
/// is sorted and only the names next to it in that order are compared.
struct NameIndex {
    /// A set of at most this size is compared completely.
    static let smallCount = 2000
    /// The number of names compared on each side of the misspelt name's position.
    private static let neighbours = 100

    private let names: [String]
    /// Indices into `names`, sorted by the whole name.
    private let byWhole: [Int32]
    /// Indices into `names`, sorted by the part after the first slash.
    private let byBare: [Int32]

    init(_ names: [String]) {
        self.names = names
        guard names.count > Self.smallCount else {
            (byWhole, byBare) = ([], [])
            return
        }
        let keys = names.map(Self.key)
        let bare = keys.map(Self.bare)
        byWhole = keys.indices.map(Int32.init).sorted { keys[Int($0)].lexicographicallyPrecedes(keys[Int($1)]) }
        byBare = keys.indices.map(Int32.init).sorted { bare[Int($0)].lexicographicallyPrecedes(bare[Int($1)]) }
    }

    /// Up to three suggestions for `name`, as `NearestNames.of` chooses them.
    func nearest(_ name: String) -> [String] {
        guard names.count > Self.smallCount else { return NearestNames.of(name, among: names) }
        guard name.utf8.count <= NearestNames.longestBytes else { return [] }
        let key = Self.key(name)
        var found = Set(around(key[...], in: byWhole) { $0[...] })
        found.formUnion(around(key[...], in: byBare, Self.bare))
        found.formUnion(around(Self.bare(key), in: byBare, Self.bare))
        return NearestNames.of(name, among: found.sorted().map { names[$0] })
    }

    /// The indices of the names next to `wanted` in `order`, by binary search.
    private func around(
        _ wanted: ArraySlice<UInt8>, in order: [Int32], _ part: ([UInt8]) -> ArraySlice<UInt8>
    ) -> [Int] {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            let isBefore = part(Self.key(names[Int(order[middle])])).lexicographicallyPrecedes(wanted)
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return order[max(0, low - Self.neighbours)..<min(order.count, low + Self.neighbours)].map { Int($0) }
    }

    private static func key(_ name: String) -> [UInt8] { Array(name.lowercased().utf8) }

    private static func bare(_ key: [UInt8]) -> ArraySlice<UInt8> {
        key.firstIndex(of: UInt8(ascii: "/")).map { key[($0 + 1)...] } ?? key[...]
    }
}

extension Registry {
    /// The index of every model, route and alias. Rebuilt when the models have changed.
    var nameIndex: NameIndex {
        let version = providers.map { ModelsVersion(provider: ObjectIdentifier($0), changes: $0.modelChanges) }
        if let known = namesVersion, known.version == version { return known.index }
        let aliases = providers.flatMap { $0.models.flatMap(\.aliases) }
        let index = NameIndex(modelIDs + routing.routes.keys + aliases)
        namesVersion = (version, index)
        return index
    }

    struct ModelsVersion: Equatable {
        let provider: ObjectIdentifier
        let changes: Int
    }
}

/// The comparison of a misspelt name with existing ones.
enum NearestNames {
    /// The longest name, in UTF-8 bytes, that gets suggestions. It bounds the cost of a client's input.
    static let longestBytes = 256

    /// Returns at most three of `names`, nearest first: names that contain `name`, and names within a Levenshtein
    /// distance of a third of its bytes. Empty for a name longer than `longestBytes`.
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

    /// The Levenshtein distance in bytes; nil: it is more than `limit`. Stops as soon as that is certain.
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
