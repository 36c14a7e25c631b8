import ScriptedProvider
import Testing
import UltraAPI
import UltraProviders
import UltraSystem

@testable import UltraDaemon

@Suite("Ledger: the file")
struct LedgerFileTests {
    private static let all: UsageQuery = {
        var query = UsageQuery(since: 0, until: .max)
        query.keys = [.model, .hour, .tag]
        return query
    }()

    @Disk
    private static func groups(_ file: LedgerFile) throws -> [String] {
        var tally = UsageTally(all)
        try file.eachBlock(since: 0, until: .max) { block in (try? tally.add(block)) != nil }
        return try tally.groups().map { group in
            var json = JSONWriter()
            group.row.write(all.keys.map(\.rawValue), to: &json)
            return String(decoding: json.bytes, as: UTF8.self)
        }
    }

    @Test("rows count the same whether they are in blocks or not, and across a reopening")
    @Disk
    func seal() throws {
        let folder = try TemporaryFolder("ultra-ledger")
        var sample = LedgerSample()
        let file = try LedgerFile("\(folder.path)/l")
        try file.append(sample.rows(1000))
        let open = try Self.groups(file)
        #expect(open.count > 20)
        #expect(try file.seal(300) && file.seal(300) && file.seal(300))
        #expect(try !file.seal(300))
        #expect(try Self.groups(file) == open)
        file.close()
        #expect(try Self.groups(LedgerFile("\(folder.path)/l")) == open)
    }

    /// The row counts of the blocks in the file.
    @Disk
    private static func sealed(_ path: String) throws -> [Int] {
        let database = try Database(path)
        defer { database.close() }
        let size = MemoryLayout<PackedRow>.stride
        let statement = try database.statement("SELECT length(packed_rows) / ? FROM blocks ORDER BY last_id")
        statement.bind(1, size)
        var counts: [Int] = []
        while try statement.step() { counts.append(statement.integer(0) ?? -1) }
        return counts
    }

    @Test("rows go into blocks as they are written, across reopenings and beside another process")
    @Disk
    func blocksAsWritten() throws {
        let folder = try TemporaryFolder("ultra-ledger")
        let path = "\(folder.path)/l"
        let full = LedgerBlock.rowCount
        var sample = LedgerSample()
        var file = try LedgerFile(path)
        try file.append(sample.rows(full - 10))
        #expect(try Self.sealed(path) == [])
        try file.append(sample.rows(20))
        #expect(try Self.sealed(path) == [full])
        // A new process continues with the remaining ten.
        file.close()
        file = try LedgerFile(path)
        try file.append(sample.rows(full - 20))
        // Another process continues too, and writes in between.
        let other = try LedgerFile(path)
        try other.append(sample.rows(5))
        try file.append(sample.rows(4))
        #expect(try Self.sealed(path) == [full])
        try file.append(sample.rows(2 * full))
        #expect(try Self.sealed(path) == [full, full, full])
        // No row is missing or counted twice.
        let blocks = try Self.groups(file)
        try Database(path).execute("DELETE FROM blocks")
        #expect(try Self.groups(LedgerFile(path)) == blocks)
        // More rows than fit into a block are unsealed: `seal` runs before the query goes on.
        let late = try LedgerFile(path)
        try late.append(sample.rows(2))
        #expect(try Self.sealed(path) == [])
        while try late.seal() {}
        #expect(try Self.sealed(path) == [full, full, full, full])
        try late.append(sample.rows(full))
        #expect(try Self.sealed(path) == [full, full, full, full, full])
    }

    @Test("only what ended in the time asked for is handed over, from blocks and beside them")
    @Disk
    func times() throws {
        let folder = try TemporaryFolder("ultra-ledger")
        let file = try LedgerFile("\(folder.path)/l")
        try file.append((0..<40).map { LedgerSample.row(time: 1000 + $0) })
        while try file.seal(10) {}
        try file.append((40..<45).map { LedgerSample.row(time: 1000 + $0) })
        var query = UsageQuery(since: 1015, until: 1043)
        query.keys = []
        var tally = UsageTally(query)
        var blocks = 0
        try file.eachBlock(since: query.since, until: query.until) { block in
            blocks += 1
            return (try? tally.add(block)) != nil
        }
        #expect(blocks == 4)
        #expect(try tally.groups().map(\.figures.requests) == [28])
    }

    @Test("old rows go in steps, with the blocks they are in, and others stay")
    @Disk
    func prune() throws {
        let folder = try TemporaryFolder("ultra-ledger")
        let file = try LedgerFile("\(folder.path)/l")
        try file.append((0..<100).map { LedgerSample.row(time: $0) })
        while try file.seal(25) {}
        #expect(try file.prune(before: 60, limit: 40) == 40)
        #expect(try file.prune(before: 60, limit: 40) == 20)
        #expect(try file.prune(before: 60, limit: 40) == 0)
        var times: [Int] = []
        try file.eachRow(since: 0, limit: 1000) { times.append($0.time) }
        #expect(times.sorted() == Array(60..<100))
        var first = Int.max
        try file.eachBlock(since: 0, until: .max) { block in
            first = min(first, block.firstTime)
            return true
        }
        // A block with both old and new rows stays; the query leaves the old rows out.
        #expect(first == 50)
    }

    @Test("a file of the first schema is brought to the present one, and a newer one is left alone")
    @Disk
    func migration() throws {
        let folder = try TemporaryFolder("ultra-ledger")
        let path = "\(folder.path)/l"
        do {
            let old = try LedgerFile(path)
            try old.append((0..<30).map { LedgerSample.row(time: $0) })
            old.close()
            let database = try Database(path)
            try database.execute(
                """
                DROP TABLE blocks; DROP INDEX requests_member_of; ALTER TABLE requests DROP COLUMN member_of;
                PRAGMA user_version=1
                """)
            database.close()
        }
        let file = try LedgerFile(path)
        #expect(try file.seal(20))
        var count = 0
        try file.eachBlock(since: 0, until: .max) { block in
            count += block.rows.count
            return true
        }
        #expect(count == 30)
        file.close()
        let newer = try Database(path)
        try newer.execute("PRAGMA user_version=99")
        newer.close()
        #expect(throws: DatabaseError.self) { try LedgerFile(path) }
        #expect(try Database(path).integer("SELECT count(*) FROM requests") == 30)
    }

    @Test("each price is kept once, and a row names the one it was reckoned with")
    @Disk
    func prices() throws {
        let folder = try TemporaryFolder("ultra-ledger")
        let path = "\(folder.path)/l"
        for _ in 0..<2 {
            let file = try LedgerFile(path)
            try file.append([
                LedgerSample.row { $0.price = .init(input: 1, cachedInput: nil, output: 2) },
                LedgerSample.row { $0.price = .init(input: 1, cachedInput: 0.5, output: 2) },
                LedgerSample.row { $0.price = .init(input: 1, cachedInput: nil, output: 2) }, LedgerSample.row(),
            ])
            file.close()
        }
        let database = try Database(path)
        #expect(try database.integer("SELECT count(*) FROM prices") == 2)
        #expect(try database.integer("SELECT count(*) FROM requests WHERE price = 1") == 4)
        #expect(try database.integer("SELECT count(*) FROM requests WHERE price IS NULL") == 2)
    }

    @Test("unknown values are NULL in the file, never 0")
    @Disk
    func unknown() throws {
        let folder = try TemporaryFolder("ultra-ledger")
        let path = "\(folder.path)/l"
        let file = try LedgerFile(path)
        try file.append([LedgerSample.row { $0.usage.inputTokens = 0 }])
        file.close()
        let database = try Database(path)
        for column in [
            "output_tokens", "cached_input_tokens", "cache_write_tokens", "reasoning_tokens", "cost_micro_usd",
            "price", "first_token_ms", "tags",
        ] {
            #expect(try database.integer("SELECT \(column) IS NULL FROM requests") == 1, "\(column)")
        }
        #expect(try database.integer("SELECT input_tokens FROM requests") == 0)
    }
}
