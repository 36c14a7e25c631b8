internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// The ledger on the disk. See `LedgerSchema` for what is in it.
@Disk
final class LedgerFile {
    private let database: Database
    /// Numbers of prices that rows of this process had.
    private var prices: [Price.Rates: Int] = [:]
    /// The rows that are in no block yet, so that they need not be read again to be put in one.
    private var open = OpenBlock.unknown

    private enum OpenBlock {
        case unknown
        /// More than fit one block: `seal` has to see to them first.
        case tooMany
        /// All of them, through the one of that number.
        case rows(LedgerBlock, lastID: Int)
    }

    /// Opens or makes the file at `path` and brings it to the present schema.
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
            // Another process may have done it meanwhile.
            let version = try database.integer("PRAGMA user_version") ?? 0
            guard version < steps.count else { return }
            for step in steps[version...] { try database.execute(step) }
            try database.execute("PRAGMA user_version=\(steps.count)")
        }
    }

    func close() {
        database.close()
    }

    // MARK: - Writing

    /// All of them, or none.
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
            // What they were numbered may have been undone.
            prices = [:]
            open = .unknown
            throw error
        }
    }

    /// Puts a row that was just written with those that are in no block yet, and closes the block when it is full.
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
            // Where a number was passed over, somebody else wrote: what is known of the file is not all there is.
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
            price, first_token_ms, total_ms, outcome, cache, attempts, tags)
        VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
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

    /// Deletes up to `limit` rows that ended before `cutoff` (milliseconds since 1970); returns how many.
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

    /// Bytes of the file that are in use.
    func byteCount() throws(DatabaseError) -> Int {
        let pages = try database.integer("PRAGMA page_count") ?? 0
        let free = try database.integer("PRAGMA freelist_count") ?? 0
        return (pages - free) * (try database.integer("PRAGMA page_size") ?? 0)
    }

    /// Deletes the oldest rows, `count` or somewhat more.
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

    /// Puts the oldest rows that are in no block yet together in one, if there are enough of them: rows of an older
    /// schema, or of a process that could not.
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

    /// The last row that is in a block.
    private func sealedID() throws(DatabaseError) -> Int {
        try database.integer("SELECT max(last_id) FROM blocks") ?? 0
    }

    // MARK: - Reading

    /// Hands over, block by block, all rows that ended in `[since, until)`, and some that did not.
    func eachBlock(since: Int, until: Int, _ body: (LedgerBlock) -> Bool) throws(DatabaseError) {
        try database.snapshot { () throws(DatabaseError) in
            if try eachSealedBlock(since, until, body) { try eachOpenBlock(since, until, body) }
        }
    }

    private func eachSealedBlock(
        _ since: Int, _ until: Int, _ body: (LedgerBlock) -> Bool
    ) throws(DatabaseError) -> Bool {
        let statement = try database.statement(
            "SELECT names, packed_rows FROM blocks WHERE last_time >= ? AND first_time < ? ORDER BY last_id")
        statement.bind(1, since)
        statement.bind(2, until)
        defer { statement.reset() }
        while try statement.step() {
            let block = statement.withBytes(0) { names in
                statement.withBytes(1) { rows in LedgerBlock(rowBytes: rows, nameBytes: names) }
            }
            guard let block else { throw DatabaseError(.damaged, "a block of rows is not readable") }
            guard body(block) else { return false }
        }
        return true
    }

    /// Rows that are in no block of the file yet.
    private func eachOpenBlock(
        _ since: Int, _ until: Int, _ body: (LedgerBlock) -> Bool
    ) throws(DatabaseError) {
        var rest = LedgerBlock()
        var goesOn = true
        try eachRow(from: try sealedID() + 1, through: .max) { row in
            guard goesOn, row.time >= since, row.time < until else { return }
            rest.append(row)
            if rest.rows.count == LedgerBlock.rowCount {
                goesOn = body(rest)
                rest = LedgerBlock()
            }
        }
        if goesOn, !rest.rows.isEmpty { _ = body(rest) }
    }

    /// Calls `body` for the rows that ended at `since` or later, oldest first, `limit` at most.
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
        cache_write_tokens, reasoning_tokens, cost_micro_usd, first_token_ms, total_ms, outcome, tags
        """

    /// What is counted of a row.
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
            body(row)
        }
    }
}
