/// Facts about models known without asking their providers. The source is `etc/models.tsv`.
package struct Catalogue: Sendable {
    /// A line that breaks the format described in the file's header comment.
    package struct Flaw: Error, Equatable, CustomStringConvertible {
        /// Counted from 1.
        package var line: Int
        /// The problem, shown after the line number.
        package var reason: String

        package var description: String { "line \(line): \(reason)" }
    }

    /// In the order of the file.
    package let entries: [CatalogueEntry]
    /// Indices into `entries`, by provider and then by model name.
    private var named: [String: [String: Int]] = [:]
    /// Like `named`, for undated names that have no line of their own: they refer to `-latest`, or else to the newest
    /// snapshot.
    private var undated: [String: [String: Int]] = [:]

    /// Parses the catalogue.
    /// - Parameter provider: read only this provider's models; nil reads all.
    /// - Throws: the first malformed line.
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

    /// Parses the catalogue embedded in the program. The whole catalogue takes several milliseconds, so keep the
    /// result.
    package static func embedded(of provider: String? = nil) throws(Flaw) -> Catalogue {
        try Catalogue(PackageResources.models_tsv, of: provider)
    }

    /// The catalogue's entry for a model; nil if there is none.
    ///
    /// The most specific name wins: first the id as given, then without its date or `-latest`. A dated id never gets
    /// the facts of another snapshot. A fine-tuned model (`ft:BASE:…`) gets its base model's facts, but not its price.
    /// - Parameter model: the model's id in upper or lower case, with or without `models/`.
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

    /// True if two ids of one provider name the same model, ignoring a date or `-latest`.
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

/// One line of the catalogue. A nil property means that the fact is unknown.
package struct CatalogueEntry: Sendable, Equatable {
    /// New rates from a given day on.
    package struct Change: Sendable, Equatable {
        /// `YYYY-MM-DD`, UTC.
        package var day: String
        package var rates: Price.Rates
    }

    package var provider: String
    /// The model's name in the provider's API, in lower case.
    package var model: String
    /// The model that this alias referred to when the facts were collected.
    package var aliasOf: String?
    package var kind: DiscoveredModel.Kind
    /// In tokens, input and output together.
    package var contextWindow: Int?
    /// In tokens.
    package var maxOutputTokens: Int?
    /// The price before the first change.
    package var price: Price?
    /// In ascending order of `day`.
    package var changes: [Change]
    package var capabilities: Set<Capability>
    /// True if the provider advises against using the model.
    package var isDeprecated: Bool
    /// `YYYY-MM-DD`.
    package var deprecatedOn: String?
    /// The announced end of service, `YYYY-MM-DD` or `YYYY-MM`; nil: none is known.
    package var retiresOn: String?
    /// The month, `YYYY-MM`, of the newest source of these facts.
    package var takenIn: String?

    /// The price on a day, given as `YYYY-MM-DD` in UTC; nil if it is unknown.
    package func price(on day: String) -> Price? {
        // ISO dates sort like their text.
        changes.last { $0.day <= day }.map { Price($0.rates) } ?? price
    }
}
