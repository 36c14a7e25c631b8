/// Rows that are not on the disk yet. While the disk accepts none they pile up to a limit; then the oldest are dropped.
struct LedgerBacklog: Sendable {
    static let limit = 20_000
    /// The limit in bytes, since names and tags make some rows longer than others.
    static let limitBytes = 16 << 20
    /// The number of rows that are handed over at once.
    static let batch = 256
    /// How long rows wait for others; a crash loses no more than that.
    static let patience = Duration.milliseconds(500)
    /// The pause after a failure, doubled each time.
    static let firstPause = Duration.seconds(1)
    static let maxPause = Duration.seconds(30)

    private(set) var rows: [LedgerRow] = []
    private var byteCount = 0
    /// Rows dropped since the start of the process.
    private(set) var lost = 0
    /// Successive failures.
    private(set) var failures = 0

    mutating func append(_ row: consuming LedgerRow) {
        byteCount += row.byteCount
        rows.append(row)
        // Dropping rows one by one would move all others each time.
        if rows.count >= Self.limit + Self.batch { drop(Self.batch) }
        while byteCount > Self.limitBytes, rows.count > Self.batch { drop(Self.batch) }
    }

    mutating func take() -> [LedgerRow] {
        let taken = rows
        rows = []
        byteCount = 0
        return taken
    }

    mutating func succeeded() {
        failures = 0
    }

    /// Takes back rows that could not be written; returns how long to wait before the next attempt.
    mutating func failed(_ unwritten: [LedgerRow]) -> Duration {
        failures += 1
        rows = unwritten + rows
        for row in unwritten { byteCount += row.byteCount }
        if rows.count > Self.limit { drop(rows.count - Self.limit) }
        return min(Self.firstPause * (1 << min(failures - 1, 10)), Self.maxPause)
    }

    /// Counts rows that will never be written.
    mutating func giveUp() {
        lost += rows.count
        rows = []
        byteCount = 0
    }

    private mutating func drop(_ count: Int) {
        for row in rows.prefix(count) { byteCount -= row.byteCount }
        rows.removeFirst(count)
        lost += count
    }
}
