/// One line of the catalogue. `nil` means that the fact is not known.
package struct CatalogueEntry: Sendable, Equatable {
    /// Rates from a day on.
    package struct Change: Sendable, Equatable {
        /// `YYYY-MM-DD`, UTC.
        package var day: String
        package var rates: Price.Rates
    }

    package var provider: String
    /// In lower case.
    package var model: String
    /// The model it stood for when the facts were taken.
    package var aliasOf: String?
    package var kind: DiscoveredModel.Kind
    /// Tokens, input and output together.
    package var contextWindow: Int?
    /// Tokens.
    package var maxOutputTokens: Int?
    /// Before the first change.
    package var price: Price?
    /// By ascending day.
    package var changes: [Change]
    package var capabilities: Set<Capability>
    /// The provider advises against it.
    package var isDeprecated: Bool
    /// `YYYY-MM-DD`.
    package var deprecatedOn: String?
    /// `YYYY-MM-DD` or `YYYY-MM`.
    package var retiresOn: String?
    /// The newest month, `YYYY-MM`, in which the facts were taken.
    package var takenIn: String?

    /// What it costs on a day, `YYYY-MM-DD`, UTC.
    package func price(on day: String) -> Price? {
        // Dates of this form have the order of their texts.
        changes.last { $0.day <= day }.map { Price($0.rates) } ?? price
    }
}
