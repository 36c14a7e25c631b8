import CSQLite
import Glibc

/// A ledger's file, filled directly, which is faster than by a million requests.
final class LedgerRows {
    private var database: OpaquePointer?

    init(_ path: String) throws {
        try check(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil))
        try check(sqlite3_busy_timeout(database, 10_000))
    }

    deinit { sqlite3_close(database) }

    /// Adds `count` requests, even over the last 30 days: 40 models of 8 providers, 20 users, 50 programs.
    func insert(_ count: Int) throws {
        let start = (time(nil) - 30 * 86_400) * 1000
        try check(
            sqlite3_exec(
                database,
                """
                WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < \(count - 1))
                INSERT INTO requests (time, uid, gid, pid, program, op, model, provider, input_tokens, output_tokens,
                    usage_source, cost_micro_usd, first_token_ms, total_ms, outcome, cache, attempts, tags)
                SELECT \(start) + i * \(30 * 86_400_000 / count), 1000 + i % 20, 100 + i % 5, 7, 'program-' || i % 50,
                    CASE i % 3 WHEN 0 THEN 'generate' ELSE 'stream' END,
                    'provider-' || i % 8 || '/model-' || i % 40, 'provider-' || i % 8, abs(random()) % 5000,
                    abs(random()) % 1000, 'measured', abs(random()) % 90000, abs(random()) % 3000,
                    abs(random()) % 30000, CASE i % 20 WHEN 0 THEN 'timeout' ELSE 'ok' END, 'off', 1,
                    CASE i % 4 WHEN 0 THEN '["nightly","import"]' WHEN 1 THEN '["nightly"]' END
                FROM n
                """, nil, nil, nil))
    }

    /// True if the daemon has rows that are not sealed yet.
    func hasUnsealed() throws -> Bool {
        try integer("SELECT (SELECT max(id) FROM requests) - (SELECT coalesce(max(last_id), 0) FROM blocks)") >= 4096
    }

    func count() throws -> Int { try integer("SELECT count(*) FROM requests") }

    private func integer(_ sql: String) throws -> Int {
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v2(database, sql, -1, &statement, nil))
        defer { sqlite3_finalize(statement) }
        guard sqlite3_step(statement) == SQLITE_ROW else { throw BenchError(String(cString: sqlite3_errmsg(database))) }
        return Int(sqlite3_column_int64(statement, 0))
    }

    private func check(_ code: CInt) throws {
        guard code == SQLITE_OK else { throw BenchError("the ledger: \(String(cString: sqlite3_errmsg(database)))") }
    }
}
