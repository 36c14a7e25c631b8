/// What is known of models without asking their providers; the text is `etc/models.tsv`.
package struct Catalogue: Sendable {
    /// A line that is not as the comments of the text say.
    package struct Flaw: Error, Equatable, CustomStringConvertible {
        /// From 1.
        package var line: Int
        package var reason: String

        package var description: String { "line \(line): \(reason)" }
    }

    /// In the order of the text.
    package let entries: [CatalogueEntry]
    /// Positions in `entries` by provider, then by name.
    private var named: [String: [String: Int]] = [:]
    /// The same for names without a date that have no line: they mean `-latest`, else the newest snapshot.
    private var undated: [String: [String: Int]] = [:]

    /// - Parameter provider: whose models are known afterwards; nil: all.
    package init(_ text: [UInt8], of provider: String? = nil) throws(Flaw) {
        entries = try CatalogueReader.entries(of: text, provider: provider)
        var newest: [String: [String: Int]] = [:]
        for (position, entry) in entries.enumerated() {
            named[entry.provider, default: [:]][entry.model] = position
        }
        for (position, entry) in entries.enumerated() {
            let provider = entry.provider
            if let target = entry.aliasOf, named[provider]?[target] == nil {
                named[provider, default: [:]][target] = position
            }
            guard let snapshot = Snapshot(entry.model) else { continue }
            let base = String(snapshot.base)
            guard snapshot.order > newest[provider]?[base] ?? -1 else { continue }
            newest[provider, default: [:]][base] = snapshot.order
            undated[provider, default: [:]][base] = position
        }
    }

    /// The catalogue that is built into the program, parsed anew: keep it. All of it takes several milliseconds.
    package static func embedded(of provider: String? = nil) throws(Flaw) -> Catalogue {
        try Catalogue(PackageResources.models_tsv, of: provider)
    }

    /// What is known of a model; `nil`: nothing.
    ///
    /// The longest name that fits wins: the id as it is, then without its date or `-latest`. A dated id never gets the
    /// facts of another snapshot. A fine-tuned model (`ft:BASE:…`) has its base's facts but not its price.
    /// - Parameter model: in any case, with or without `models/`.
    package func entry(provider: String, model: String) -> CatalogueEntry? {
        var id = Substring(model.lowercased())
        if id.hasPrefix("models/") { id = id.dropFirst("models/".count) }
        guard id.hasPrefix("ft:") else { return position(provider, id).map { entries[$0] } }
        let base = id.dropFirst("ft:".count).prefix { $0 != ":" }
        guard let position = position(provider, base) else { return nil }
        var entry = entries[position]
        entry.price = nil
        entry.changes = []
        return entry
    }

    /// Whether two ids of a provider mean one model, with or without a date or `-latest`.
    package static func isSameModel(_ one: String, _ other: String) -> Bool {
        base(one) == base(other)
    }

    private static func base(_ model: String) -> Substring {
        var id = Substring(model.lowercased())
        if id.hasPrefix("models/") { id = id.dropFirst("models/".count) }
        return Snapshot(id)?.base ?? id
    }

    private func position(_ provider: String, _ id: Substring) -> Int? {
        guard let names = named[provider] else { return nil }
        if let found = names[String(id)] ?? undated[provider]?[String(id)] { return found }
        guard let snapshot = Snapshot(id) else { return nil }
        let base = String(snapshot.base)
        return names[base] ?? (snapshot.isLatest ? undated[provider]?[base] : nil)
    }
}
