internal import CSQLite
internal import Glibc

/// One SQLite database file in WAL mode, opened for writing. Closed on deinit.
///
/// Commits are durable (`synchronous=FULL`): they survive a crash of the machine.
@Disk
package final class Database {
    private var handle: OpaquePointer?
    /// Prepared statements by their SQL text.
    private var statements: [String: Statement] = [:]
    private let path: String
    private var identity: FileIdentity?

    /// Opens `path`, or creates it with mode 0600. Blocks.
    /// - Parameter patience: How long each operation waits for another process's lock (`sqlite3_busy_timeout`).
    /// - Throws: `DatabaseError` if the file cannot be opened or switched to WAL mode.
    package init(_ path: String, patience: Duration = .seconds(2)) throws(DatabaseError) {
        self.path = path
        // SQLite creates files subject to the umask, and gives the WAL the mode of the database: create it first, with
        // mode 0600.
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

    /// Closes the database; every later statement throws.
    package func close() {
        statements = [:]
        sqlite3_close_v2(handle)
        handle = nil
    }

    /// True if the path still names the opened file. If it does not, anything written is lost; when SQLite closes such
    /// a database it leaves the other file's WAL alone.
    package var isInPlace: Bool { FileIdentity(at: path) == identity }

    /// Runs one or more SQL statements without parameters or results.
    package func execute(_ sql: String) throws(DatabaseError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    /// The prepared statement for `sql`, reset and with its parameters cleared. The same text always yields the same
    /// object, so do not use one text for two iterations at once.
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

    /// Runs `body` in a write transaction (`BEGIN IMMEDIATE`). Rolled back if `body` throws.
    package func transaction<Result>(
        _ body: @Disk () throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        try transaction(beginning: "BEGIN IMMEDIATE", body)
    }

    /// Runs `body` in a read transaction: it sees one snapshot, whatever other processes write.
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
            // On a full disk SQLite has already rolled back, and this fails harmlessly.
            try? execute("ROLLBACK")
            throw error
        }
    }

    /// The first column of the first row; nil if there is no row or it is NULL.
    package func integer(_ sql: String) throws(DatabaseError) -> Int? {
        let statement = try statement(sql)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The number of rows changed by the last statement.
    package var changes: Int { Int(sqlite3_changes(handle)) }

    /// The row ID of the last insert.
    package var lastRowID: Int { Int(sqlite3_last_insert_rowid(handle)) }

    /// The error for a result code, with SQLite's message and the system error behind it.
    func failure(_ code: CInt) -> DatabaseError {
        let text = handle.flatMap { sqlite3_errmsg($0) } ?? sqlite3_errstr(code)
        let cause = handle.map { sqlite3_system_errno($0) } ?? 0
        var message = text.map { String(cString: $0) } ?? "error \(code)"
        if cause != 0 { message += ": \(String(cString: strerror(cause)))" }
        return DatabaseError(code: code, message)
    }
}

/// An error of SQLite.
package struct DatabaseError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// The disk or a quota is full.
        case full
        /// The file or its directory is not writable.
        case readOnly
        /// The file cannot be opened or created.
        case unreachable
        /// The file is not a database, or is corrupt.
        case damaged
        /// Another process holds the database's lock.
        case busy
        /// An I/O error.
        case disk
        case other
    }

    package let kind: Kind
    /// SQLite's message. It never contains data from a row.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }

    /// - Parameter code: An extended result code (sqlite.org/rescode.html).
    init(code: CInt, _ message: String) {
        self.message = message
        switch code & 0xff {
        case SQLITE_FULL: kind = .full
        case SQLITE_READONLY, SQLITE_PERM: kind = .readOnly
        case SQLITE_CANTOPEN: kind = .unreachable
        case SQLITE_CORRUPT, SQLITE_NOTADB: kind = .damaged
        case SQLITE_BUSY, SQLITE_LOCKED: kind = .busy
        case SQLITE_IOERR: kind = .disk
        default: kind = .other
        }
    }
}
