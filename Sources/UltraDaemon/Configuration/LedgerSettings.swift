/// The record of use (`[ledger]`).
package struct LedgerSettings: Sendable, Equatable {
    /// Older rows are deleted; zero: nothing is recorded.
    package var retention = Duration.seconds(90 * 86_400)

    package init() {}
}
