internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// The ledger's file; `LedgerSchema` describes its content.
@Disk
final class LedgerFile {
    private let database: Database
    /// Numbers of the prices that rows of this process had.
    private var prices: [Price.Rates: Int] = [:]
    /// Rows that are in no block yet, kept so that they need not be read again.
    private var open = OpenBlock.unknown

    private enum OpenBlock {
        case unknown
        /// There are more than one block holds: `seal` compacts them first.
        case tooMany
        /// All of them, through the row of that number.
        case rows(LedgerBlock, lastID: Int)
    }

    /// Opens or creates the file at `path` and brings it to the present schema.
    init(_ path: String) throws(DatabaseError) {
        let steps = LedgerSchema.steps
        database = try Database(path)
        let version = try database.integer("PRAGMA user_version") ?? 0
        guard version <= steps.count else {
            throw DatabaseError(
                .other, "it was written by a newer ultrad (schema \(version), this one knows \(steps.count))")
        }
        guard version < steps.count else { return }
        try database.transaction { () throws(DatabaseError) in
            // Another process may have done so meanwhile.
            let version = try database.integer("PRAGMA user_version") ?? 0
            guard version < steps.count else { return }
            for step in steps[version...] { try database.execute(step) }
            try database.execute("PRAGMA user_version=\(steps.count)")
        }
    }

    func close() {
        database.close()
    }

    /// See `Database.isInPlace`.
    var isInPlace: Bool { database.isInPlace }

    // MARK: - Writing

    /// Inserts all rows, or none.
    func append(_ rows: [LedgerRow]) throws(DatabaseError) {
        do throws(DatabaseError) {
            try database.transaction { () throws(DatabaseError) in
                let statement = try database.statement(Self.insertion)
                for row in rows {
                    try insert(row, statement)
                    try extend(row, as: database.lastRowID)
                }
            }
        } catch {
            // Their numbers may have been undone.
            prices = [:]
            open = .unknown
            throw error
        }
    }

    /// Adds a row that was just written to the open ones, and closes the block when it is full.
    private func extend(_ row: LedgerRow, as id: Int) throws(DatabaseError) {
        switch open {
        case .tooMany: return
        case .rows(var rows, id - 1):
            open = .unknown  // one owner: the rows are not copied
            rows.append(row)
            if rows.rows.count >= LedgerBlock.rowCount {
                try write(rows, through: id)
                rows = LedgerBlock()
            }
            open = .rows(rows, lastID: id)
        case .unknown, .rows:
            // A gap in the numbers means that another process has written: the open rows are incomplete.
            open = try openBlock(through: id)
        }
    }

    private func openBlock(through last: Int) throws(DatabaseError) -> OpenBlock {
        var rows = LedgerBlock()
        try eachRow(from: try sealedID() + 1, through: last, limit: LedgerBlock.rowCount) { rows.append($0) }
        return rows.rows.count < LedgerBlock.rowCount ? .rows(rows, lastID: last) : .tooMany
    }

    private static let insertion = """
        INSERT INTO requests (time, uid, gid, pid, program, op, model_asked, model, provider, input_tokens,
            output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, usage_source, cost_micro_usd,
            price, first_token_ms, total_ms, outcome, cache, attempts, tags, member_of)
        VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
        """

    private func insert(_ row: LedgerRow, _ statement: Statement) throws(DatabaseError) {
        let price = try row.price.map { (rates) throws(DatabaseError) in try number(of: rates) }
        statement.bind(1, row.time)
        statement.bind(2, Int(row.uid))
        statement.bind(3, Int(row.gid))
        statement.bind(4, Int(row.pid))
        statement.bind(5, row.program)
        statement.bind(6, row.operation)
        statement.bind(7, row.modelAsked)
        statement.bind(8, row.model)
        statement.bind(9, row.provider)
        statement.bind(10, row.usage.inputTokens)
        statement.bind(11, row.usage.outputTokens)
        statement.bind(12, row.usage.cachedInputTokens)
        statement.bind(13, row.usage.cacheWriteTokens)
        statement.bind(14, row.usage.reasoningTokens)
        statement.bind(15, row.usage.source.rawValue)
        statement.bind(16, row.costMicroUSD)
        statement.bind(17, price)
        statement.bind(18, row.firstTokenMilliseconds)
        statement.bind(19, row.totalMilliseconds)
        statement.bind(20, row.outcome)
        statement.bind(21, row.cache.rawValue)
        statement.bind(22, row.attempts)
        statement.bind(23, row.tags.isEmpty ? nil : LedgerTags.json(row.tags))
        statement.bind(24, row.memberOf.isEmpty ? nil : row.memberOf.map(String.init).joined(separator: ","))
        try statement.run()
    }

    private func number(of rates: Price.Rates) throws(DatabaseError) -> Int {
        if let number = prices[rates] { return number }
        let known = try database.statement(
            "SELECT id FROM prices WHERE input IS ? AND cached_input IS ? AND cache_write IS ? AND output IS ?")
        Self.bind(rates, to: known)
        var number = try known.step() ? known.integer(0) : nil
        known.reset()
        if number == nil {
            let new = try database.statement(
                "INSERT INTO prices (input, cached_input, cache_write, output) VALUES (?,?,?,?)")
            Self.bind(rates, to: new)
            try new.run()
            number = database.lastRowID
        }
        prices[rates] = number
        return number ?? 0
    }

    private static func bind(_ rates: Price.Rates, to statement: Statement) {
        statement.bind(1, rates.input)
        statement.bind(2, rates.cachedInput)
        statement.bind(3, rates.cacheWrite)
        statement.bind(4, rates.output)
    }

    // MARK: - Upkeep

    /// Deletes up to `limit` rows that ended before `cutoff` (milliseconds since 1970); returns their number.
    func prune(before cutoff: Int, limit: Int) throws(DatabaseError) -> Int {
        let statement = try database.statement(
            "DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE time < ? ORDER BY time LIMIT ?)")
        statement.bind(1, cutoff)
        statement.bind(2, limit)
        try statement.run()
        let count = database.changes
        if count < limit {
            let blocks = try database.statement("DELETE FROM blocks WHERE last_time < ?")
            blocks.bind(1, cutoff)
            try blocks.run()
        }
        return count
    }

    /// Bytes in use.
    func byteCount() throws(DatabaseError) -> Int {
        let pages = try database.integer("PRAGMA page_count") ?? 0
        let free = try database.integer("PRAGMA freelist_count") ?? 0
        return (pages - free) * (try database.integer("PRAGMA page_size") ?? 0)
    }

    /// Deletes the oldest rows: `count`, or somewhat more.
    func prune(oldest count: Int) throws(DatabaseError) {
        let look = try database.statement("SELECT time FROM requests ORDER BY time LIMIT 1 OFFSET ?")
        look.bind(1, count)
        let cutoff = try look.step() ? look.integer(0) ?? 0 : .max
        look.reset()
        let rows = try database.statement("DELETE FROM requests WHERE time < ?")
        rows.bind(1, cutoff)
        try rows.run()
        let blocks = try database.statement("DELETE FROM blocks WHERE last_time < ?")
        blocks.bind(1, cutoff)
        try blocks.run()
    }

    /// Compacts the oldest rows that are in no block into one, if there are enough: rows of an older schema, or of a
    /// process that failed to.
    func seal(_ count: Int = LedgerBlock.rowCount) throws(DatabaseError) -> Bool {
        let isSealed = try database.transaction { () throws(DatabaseError) -> Bool in
            let first = try sealedID() + 1
            let look = try database.statement("SELECT id FROM requests WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ?")
            look.bind(1, first)
            look.bind(2, count - 1)
            guard try look.step(), let last = look.integer(0) else { return false }
            look.reset()
            var block = LedgerBlock()
            try eachRow(from: first, through: last) { block.append($0) }
            try write(block, through: last)
            return true
        }
        open = isSealed ? .tooMany : .unknown
        return isSealed
    }

    private func write(_ block: LedgerBlock, through last: Int) throws(DatabaseError) {
        let statement = try database.statement(
            "INSERT INTO blocks (last_id, first_time, last_time, names, packed_rows) VALUES (?,?,?,?,?)")
        statement.bind(1, last)
        statement.bind(2, block.firstTime)
        statement.bind(3, block.lastTime)
        block.nameBytes.withUnsafeBytes { statement.bind(4, bytes: $0) }
        block.withRowBytes { statement.bind(5, bytes: $0) }
        try statement.run()
    }

    /// The number of the last row that is in a block.
    private func sealedID() throws(DatabaseError) -> Int {
        try database.integer("SELECT max(last_id) FROM blocks") ?? 0
    }

    // MARK: - Reading

    /// The position of a reader that reads in pieces, while rows are written between the pieces.
    enum Position: Sendable, Equatable {
        /// Blocks through the one that ends with this row have been read.
        case blocks(through: Int)
        /// All blocks have been read, and of the rows that were in none then, those through this one; none after
        /// `last`.
        case rows(through: Int, last: Int)
        case end
    }

    /// The number of blocks, or blocks' worth of rows, in one piece: some two milliseconds.
    static let blocksAtOnce = 4
    private static let rowsAtOnce = 1024

    /// Hands over the next piece of the rows that ended in `[since, until)`, and some others, and returns the position
    /// after it. `body` returns false to stop.
    func read(
        from position: Position, since: Int, until: Int, _ body: (LedgerBlock) -> Bool
    ) throws(DatabaseError) -> Position {
        try database.snapshot { () throws(DatabaseError) -> Position in
            switch position {
            case .end: return .end
            case .blocks(let through): return try readBlocks(after: through, since, until, body)
            case .rows(let through, let last):
                guard through < last else { return .end }
                let end = min(last, through + Self.rowsAtOnce)
                var piece = LedgerBlock()
                try eachRow(from: through + 1, through: end) { row in
                    if row.time >= since, row.time < until { piece.append(row) }
                }
                if !piece.rows.isEmpty, !body(piece) { return .end }
                return end < last ? .rows(through: end, last: last) : .end
            }
        }
    }

    /// Hands over all pieces at once.
    func eachBlock(since: Int, until: Int, _ body: (LedgerBlock) -> Bool) throws(DatabaseError) {
        var position = Position.blocks(through: 0)
        while position != .end { position = try read(from: position, since: since, until: until, body) }
    }

    private func readBlocks(
        after last: Int, _ since: Int, _ until: Int, _ body: (LedgerBlock) -> Bool
    ) throws(DatabaseError) -> Position {
        let statement = try database.statement(
            """
            SELECT names, packed_rows, last_id FROM blocks
            WHERE last_id > ? AND last_time >= ? AND first_time < ? ORDER BY last_id LIMIT ?
            """)
        statement.bind(1, last)
        statement.bind(2, since)
        statement.bind(3, until)
        statement.bind(4, Self.blocksAtOnce)
        defer { statement.reset() }
        var through = last
        var count = 0
        while try statement.step() {
            let block = statement.withBytes(0) { names in
                statement.withBytes(1) { rows in LedgerBlock(rowBytes: rows, nameBytes: names) }
            }
            guard let block else { throw DatabaseError(.damaged, "a block of rows is not readable") }
            guard body(block) else { return .end }
            through = statement.integer(2) ?? through
            count += 1
        }
        if count == Self.blocksAtOnce { return .blocks(through: through) }
        // Rows that are compacted later are still found as rows.
        let newest = try database.integer("SELECT max(id) FROM requests") ?? 0
        return .rows(through: try sealedID(), last: newest)
    }

    /// Calls `body` for the rows that ended at `since` or later, oldest first, at most `limit`.
    func eachRow(since: Int, limit: Int, _ body: (LedgerRow) -> Void) throws(DatabaseError) {
        let statement = try database.statement(
            "SELECT \(Self.columns) FROM requests WHERE time >= ? ORDER BY time DESC LIMIT ?")
        statement.bind(1, since)
        statement.bind(2, limit)
        try read(statement, body)
    }

    private func eachRow(
        from first: Int, through last: Int, limit: Int = -1, _ body: (LedgerRow) -> Void
    ) throws(DatabaseError) {
        let statement = try database.statement(
            "SELECT \(Self.columns) FROM requests WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?")
        statement.bind(1, first)
        statement.bind(2, last)
        statement.bind(3, limit)
        try read(statement, body)
    }

    private static let columns = """
        time, uid, gid, pid, program, op, model, provider, input_tokens, output_tokens, cached_input_tokens, \
        cache_write_tokens, reasoning_tokens, cost_micro_usd, first_token_ms, total_ms, outcome, tags, \
        member_of
        """

    /// The columns that `usage` sums up.
    private func read(_ statement: Statement, _ body: (LedgerRow) -> Void) throws(DatabaseError) {
        defer { statement.reset() }
        while try statement.step() {
            var row = LedgerRow(
                time: statement.integer(0) ?? 0, uid: UInt32(clamping: statement.integer(1) ?? 0),
                gid: UInt32(clamping: statement.integer(2) ?? 0), pid: Int32(clamping: statement.integer(3) ?? 0),
                program: statement.text(4), operation: statement.text(5) ?? "", model: statement.text(6) ?? "",
                provider: statement.text(7) ?? "")
            row.usage.inputTokens = statement.integer(8)
            row.usage.outputTokens = statement.integer(9)
            row.usage.cachedInputTokens = statement.integer(10)
            row.usage.cacheWriteTokens = statement.integer(11)
            row.usage.reasoningTokens = statement.integer(12)
            row.costMicroUSD = statement.integer(13)
            row.firstTokenMilliseconds = statement.double(14)
            row.totalMilliseconds = statement.double(15) ?? 0
            row.outcome = statement.text(16) ?? LedgerRow.ok
            row.tags = statement.text(17).map { LedgerTags.read($0) } ?? []
            row.memberOf = statement.text(18).map(Self.groups) ?? []
            body(row)
        }
    }

    private static func groups(_ text: String) -> [UInt32] {
        text.split(separator: ",").compactMap { UInt32($0) }
    }

    /// The use since `since` by processes to which a budget applied because of a supplementary group.
    func members(since: Int) throws(DatabaseError) -> [LedgerRecall.Member] {
        let statement = try database.statement(
            """
            SELECT uid, gid, program, member_of, total(cost_micro_usd),
                total(coalesce(input_tokens, 0) + coalesce(output_tokens, 0))
            FROM requests WHERE member_of IS NOT NULL AND time >= ? GROUP BY uid, gid, program, member_of
            """)
        statement.bind(1, since)
        defer { statement.reset() }
        var members: [LedgerRecall.Member] = []
        while try statement.step() {
            let subject = BudgetRule.Subject(
                uid: UInt32(clamping: statement.integer(0) ?? 0), gid: UInt32(clamping: statement.integer(1) ?? 0),
                groups: Self.groups(statement.text(3) ?? ""), program: statement.text(2))
            members.append(
                LedgerRecall.Member(
                    subject: subject,
                    amount: DayUse.Amount(microUSD: statement.integer(4) ?? 0, tokens: statement.integer(5) ?? 0)))
        }
        return members
    }
}
