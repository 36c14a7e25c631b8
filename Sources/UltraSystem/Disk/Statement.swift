internal import CSQLite

/// A prepared statement. As in SQLite, parameters are numbered from 1 and columns from 0. Owned and reused by its
/// `Database`, which must outlive it.
@Disk
package final class Statement {
    private let handle: OpaquePointer
    private unowned let database: Database
    /// The first failed `bind`; the next `step()` throws it.
    private var bindFailure: CInt = SQLITE_OK

    init(_ handle: OpaquePointer, _ database: Database) {
        self.handle = handle
        self.database = database
    }

    isolated deinit {
        sqlite3_finalize(handle)
    }

    /// Rewinds the statement and clears its parameters.
    package func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
        bindFailure = SQLITE_OK
    }

    // MARK: - Parameters

    /// Sets a parameter; nil means NULL. An error is thrown by the next `step()`.
    package func bind(_ index: Int, _ value: Int?) {
        guard let value else { return bindNull(index) }
        note(sqlite3_bind_int64(handle, CInt(index), Int64(value)))
    }

    /// Sets a parameter; nil means NULL. An error is thrown by the next `step()`.
    package func bind(_ index: Int, _ value: Double?) {
        guard let value else { return bindNull(index) }
        note(sqlite3_bind_double(handle, CInt(index), value))
    }

    /// Sets a parameter to a copy of `value`; nil means NULL. An error is thrown by the next `step()`.
    package func bind(_ index: Int, _ value: String?) {
        guard var value else { return bindNull(index) }
        note(
            value.withUTF8 { text in
                text.withMemoryRebound(to: CChar.self) { characters in
                    // SQLite binds NULL for a null pointer; an empty string has to stay an empty string.
                    characters.baseAddress.map {
                        csqlite_bind_text(handle, CInt(index), $0, CInt(clamping: characters.count))
                    } ?? csqlite_bind_text(handle, CInt(index), "", 0)
                }
            })
    }

    /// Sets a parameter to a copy of `bytes`, as a blob. An error is thrown by the next `step()`.
    package func bind(_ index: Int, bytes: UnsafeRawBufferPointer) {
        note(csqlite_bind_blob(handle, CInt(index), bytes.baseAddress, CInt(clamping: bytes.count)))
    }

    private func bindNull(_ index: Int) {
        note(sqlite3_bind_null(handle, CInt(index)))
    }

    private func note(_ code: CInt) {
        if code != SQLITE_OK, bindFailure == SQLITE_OK { bindFailure = code }
    }

    // MARK: - Running

    /// Advances to the next row. An unfinished statement keeps its read transaction open, so call `reset()` when no
    /// more rows are needed.
    /// - Returns: true if there is a row; false after the last, when the statement has been reset.
    /// - Throws: `DatabaseError`, also for an earlier `bind` that failed.
    package func step() throws(DatabaseError) -> Bool {
        guard bindFailure == SQLITE_OK else { throw database.failure(bindFailure) }
        let code = sqlite3_step(handle)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            sqlite3_reset(handle)
            return false
        default:
            let error = database.failure(code)
            sqlite3_reset(handle)
            throw error
        }
    }

    /// Runs the statement to its end and discards any rows.
    package func run() throws(DatabaseError) {
        while try step() {}
    }

    // MARK: - Columns

    /// nil if the column is NULL.
    package func integer(_ column: Int) -> Int? {
        isNull(column) ? nil : Int(sqlite3_column_int64(handle, CInt(column)))
    }

    /// nil if the column is NULL.
    package func double(_ column: Int) -> Double? {
        isNull(column) ? nil : sqlite3_column_double(handle, CInt(column))
    }

    /// nil if the column is NULL.
    package func text(_ column: Int) -> String? {
        guard !isNull(column), let text = sqlite3_column_text(handle, CInt(column)) else { return nil }
        return String(cString: text)
    }

    /// Calls `body` with the column's bytes, which stay valid until the next `step()`. Empty if the column is NULL.
    package func withBytes<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = sqlite3_column_blob(handle, CInt(column))
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, CInt(column)))))
    }

    private func isNull(_ column: Int) -> Bool {
        sqlite3_column_type(handle, CInt(column)) == SQLITE_NULL
    }
}
