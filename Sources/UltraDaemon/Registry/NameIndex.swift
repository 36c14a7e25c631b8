internal import UltraSystem

/// The names that a misspelt one may have meant, among so many that comparing it with each would hold up the loop: those
/// that begin like it are compared.
struct NameIndex {
    /// Up to so many names are all compared.
    static let smallCount = 2000
    /// Names before and after the place where the misspelt one would stand.
    private static let neighbours = 100

    private let names: [String]
    /// Positions in `names` in the order of the whole names, and of what follows the first slash.
    private let byWhole: [Int32]
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

    /// See `NearestNames.of`.
    func nearest(_ name: String) -> [String] {
        guard names.count > Self.smallCount else { return NearestNames.of(name, among: names) }
        guard name.utf8.count <= NearestNames.longestBytes else { return [] }
        let key = Self.key(name)
        var found = Set(around(key[...], in: byWhole) { $0[...] })
        found.formUnion(around(key[...], in: byBare, Self.bare))
        found.formUnion(around(Self.bare(key), in: byBare, Self.bare))
        return NearestNames.of(name, among: found.sorted().map { names[$0] })
    }

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
    /// Every name that a request may use, for suggestions.
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
