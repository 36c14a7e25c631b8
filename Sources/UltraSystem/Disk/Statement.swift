internal import CSQLite

/// One prepared statement. Parameters count from 1, columns from 0, as in SQLite.
@Disk
package final class Statement {
    private let handle: OpaquePointer
    private unowned let database: Database
    /// The first parameter that could not be taken; the next step tells of it.
    private var bindFailure: CInt = SQLITE_OK

    init(_ handle: OpaquePointer, _ database: Database) {
        self.handle = handle
        self.database = database
    }

    isolated deinit {
        sqlite3_finalize(handle)
    }

    package func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
        bindFailure = SQLITE_OK
    }

    // MARK: - Parameters

    package func bind(_ index: Int, _ value: Int?) {
        guard let value else { return bindNull(index) }
        note(sqlite3_bind_int64(handle, CInt(index), Int64(value)))
    }

    package func bind(_ index: Int, _ value: Double?) {
        guard let value else { return bindNull(index) }
        note(sqlite3_bind_double(handle, CInt(index), value))
    }

    package func bind(_ index: Int, _ value: String?) {
        guard var value else { return bindNull(index) }
        note(
            value.withUTF8 { text in
                text.withMemoryRebound(to: CChar.self) { characters in
                    // Without an address there would be a NULL in place of an empty text.
                    characters.baseAddress.map {
                        csqlite_bind_text(handle, CInt(index), $0, CInt(clamping: characters.count))
                    } ?? csqlite_bind_text(handle, CInt(index), "", 0)
                }
            })
    }

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

    /// Whether there is a row to read. Reset the statement when there is enough of them: it holds the database until
    /// then.
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

    /// Runs a statement without rows.
    package func run() throws(DatabaseError) {
        while try step() {}
    }

    // MARK: - Columns

    package func integer(_ column: Int) -> Int? {
        isNull(column) ? nil : Int(sqlite3_column_int64(handle, CInt(column)))
    }

    package func double(_ column: Int) -> Double? {
        isNull(column) ? nil : sqlite3_column_double(handle, CInt(column))
    }

    package func text(_ column: Int) -> String? {
        guard !isNull(column), let text = sqlite3_column_text(handle, CInt(column)) else { return nil }
        return String(cString: text)
    }

    /// The bytes hold until the next step.
    package func withBytes<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = sqlite3_column_blob(handle, CInt(column))
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, CInt(column)))))
    }

    private func isNull(_ column: Int) -> Bool {
        sqlite3_column_type(handle, CInt(column)) == SQLITE_NULL
    }
}
