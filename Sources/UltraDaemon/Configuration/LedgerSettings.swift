/// The record of use (`[ledger]`).
package struct LedgerSettings: Sendable, Equatable {
    /// Older rows are deleted; zero: nothing is recorded.
    package var retention = Duration.seconds(90 * 86_400)
    /// Of the file; beyond it the oldest rows are deleted.
    package var diskBytes = 1 << 30

    package init() {}
}
