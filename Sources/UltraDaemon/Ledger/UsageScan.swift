internal import UltraSystem

/// A query of the ledger in progress.
@Disk
final class UsageScan {
    let query: UsageQuery
    var tally: UsageTally
    var position = LedgerFile.Position.blocks(through: 0)

    nonisolated init(_ query: UsageQuery) {
        self.query = query
        tally = UsageTally(query)
    }

    /// Called once, at the end.
    func takeTally() -> UsageTally {
        defer { tally = UsageTally(query) }
        return tally
    }
}
