internal import CSQLite
internal import Glibc

/// One SQLite database file, opened for writing in WAL mode; closed when it goes.
///
/// Commits are synchronous (`synchronous=FULL`): what was committed survives a crash of the machine, too.
@Disk
package final class Database {
    private var handle: OpaquePointer?
    /// Prepared once, by their text.
    private var statements: [String: Statement] = [:]
    private let path: String
    private var identity: FileIdentity?

    /// Opens `path`, and makes it if it is missing; readable by the owner alone.
    /// - Parameter patience: how long to wait for another process that holds it.
    package init(_ path: String, patience: Duration = .seconds(2)) throws(DatabaseError) {
        self.path = path
        // SQLite makes its files as its mode says, less the mask: the journal beside it takes after the file.
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        if file >= 0 { Glibc.close(file) }
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard code == SQLITE_OK else {
            let error = failure(code)
            close()
            throw error
        }
        identity = FileIdentity(at: path)
        sqlite3_busy_timeout(handle, CInt(clamping: patience.nanoseconds / 1_000_000))
        do throws(DatabaseError) {
            try execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-1024")
        } catch {
            close()
            throw error
        }
    }

    isolated deinit {
        close()
    }

    package func close() {
        statements = [:]
        sqlite3_close_v2(handle)
        handle = nil
    }

    /// Whether the file is still the one that was opened. Where it was removed or replaced, what is written to it is
    /// lost; SQLite leaves another file's journal alone when such a database is closed.
    package var isInPlace: Bool { FileIdentity(at: path) == identity }

    /// Runs statements without parameters or results.
    package func execute(_ sql: String) throws(DatabaseError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    /// The statement of that text, reset and without parameters; the same object for the same text.
    package func statement(_ sql: String) throws(DatabaseError) -> Statement {
        if let statement = statements[sql] {
            statement.reset()
            return statement
        }
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw failure(code) }
        let statement = Statement(prepared, self)
        statements[sql] = statement
        return statement
    }

    /// Runs `body` in a transaction that begins with the right to write; an error undoes all of it.
    package func transaction<Result>(
        _ body: @Disk () throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        try transaction(beginning: "BEGIN IMMEDIATE", body)
    }

    /// Runs `body` while nothing that another process writes changes what it reads.
    package func snapshot<Result>(_ body: @Disk () throws(DatabaseError) -> Result) throws(DatabaseError) -> Result {
        try transaction(beginning: "BEGIN", body)
    }

    private func transaction<Result>(
        beginning: String, _ body: @Disk () throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        try execute(beginning)
        do throws(DatabaseError) {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            for statement in statements.values { statement.reset() }
            // SQLite has undone it by itself where the disk is full: then this fails, and that is fine.
            try? execute("ROLLBACK")
            throw error
        }
    }

    package func integer(_ sql: String) throws(DatabaseError) -> Int? {
        let statement = try statement(sql)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : nil
    }

    /// Rows that the last statement changed.
    package var changes: Int { Int(sqlite3_changes(handle)) }

    package var lastRowID: Int { Int(sqlite3_last_insert_rowid(handle)) }

    func failure(_ code: CInt) -> DatabaseError {
        let text = handle.flatMap { sqlite3_errmsg($0) } ?? sqlite3_errstr(code)
        let cause = handle.map { sqlite3_system_errno($0) } ?? 0
        var message = text.map { String(cString: $0) } ?? "error \(code)"
        if cause != 0 { message += ": \(String(cString: strerror(cause)))" }
        return DatabaseError(code: code, message)
    }
}
