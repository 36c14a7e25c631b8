/// One line of the catalogue. A nil property means that the fact is unknown.
package struct CatalogueEntry: Sendable, Equatable {
    /// New rates from a given day on.
    package struct Change: Sendable, Equatable {
        /// `YYYY-MM-DD`, UTC.
        package var day: String
        package var rates: Price.Rates
    }

    package var provider: String
    /// In lower case.
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
    /// `YYYY-MM-DD` or `YYYY-MM`.
    package var retiresOn: String?
    /// The month, `YYYY-MM`, of the newest source of these facts.
    package var takenIn: String?

    /// The price on a day, given as `YYYY-MM-DD` in UTC; nil if it is unknown.
    package func price(on day: String) -> Price? {
        // ISO dates sort like their text.
        changes.last { $0.day <= day }.map { Price($0.rates) } ?? price
    }
}
