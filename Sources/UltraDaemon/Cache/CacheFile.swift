internal import Glibc
internal import UltraSystem

/// The second level of the cache: a file in the state directory, which survives a restart.
///
/// Its failures cost no request: the answer is then fetched upstream. A damaged file, and one of another version, is
/// replaced by an empty one.
@Disk
final class CacheFile {
    struct Kept: Sendable {
        var record: [UInt8]
        /// Milliseconds since 1970.
        var storedAt: Int
    }

    struct Figures: Sendable, Equatable {
        var entries = 0
        var bytes = 0
    }

    nonisolated static let name = "cache.db"
    private static let version = 1
    /// Bytes of a row besides its record: key, index and pages.
    private static let overheadBytes = 160
    /// Evict in batches of this size to amortise the cost.
    private static let step = 16

    private let path: String
    private let folder: String
    private let limitBytes: Int
    private let lifetimeMilliseconds: Int
    private var database: Database?
    private(set) var figures = Figures()
    /// Called once for a failure, and again only after a success.
    private let complain: @Sendable (DatabaseError) -> Void
    private var isFailing = false

    /// - Parameter complain: called on the disk's thread.
    nonisolated init(
        folder: String, limitBytes: Int, lifetimeMilliseconds: Int,
        _ complain: @escaping @Sendable (DatabaseError) -> Void
    ) {
        self.folder = folder
        path = "\(folder)/\(Self.name)"
        self.limitBytes = limitBytes
        self.lifetimeMilliseconds = lifetimeMilliseconds
        self.complain = complain
    }

    /// Opens the file and evicts what is too old or too much.
    func open(at now: Int) -> Figures {
        attempt { () throws(DatabaseError) in
            StateFile.makeFolder(folder)
            try openDatabase()
            try drop(before: now - lifetimeMilliseconds)
            try shrink()
        }
        return figures
    }

    /// Closes the file and opens the one at its path now, which is created if it is missing.
    func reopen(at now: Int) -> Figures {
        close()
        return open(at: now)
    }

    func close() {
        database?.close()
        database = nil
        figures = Figures()
    }

    /// The record of `key`; nil if there is none, or it is too old.
    func find(_ key: [UInt8], at now: Int) -> Kept? {
        attempt { () throws(DatabaseError) -> Kept? in
            guard let database else { return nil }
            let statement = try database.statement("SELECT id, stored_at, record FROM replies WHERE key = ?")
            defer { statement.reset() }
            key.withUnsafeBytes { statement.bind(1, bytes: $0) }
            guard try statement.step(), let id = statement.integer(0), let storedAt = statement.integer(1),
                now - storedAt < lifetimeMilliseconds
            else { return nil }
            let record = statement.withBytes(2) { [UInt8]($0) }
            statement.reset()
            let touch = try database.statement("UPDATE replies SET used_at = ? WHERE id = ?")
            touch.bind(1, now)
            touch.bind(2, id)
            try touch.run()
            return Kept(record: record, storedAt: storedAt)
        } ?? nil
    }

    func insert(_ key: [UInt8], _ record: [UInt8], at now: Int) -> Figures {
        let bytes = record.count + Self.overheadBytes
        guard bytes <= limitBytes else { return figures }
        attempt { () throws(DatabaseError) in
            guard let database else { return }
            try database.transaction { () throws(DatabaseError) in
                try remove(key)
                let statement = try database.statement(
                    "INSERT INTO replies (key, stored_at, used_at, bytes, record) VALUES (?, ?, ?, ?, ?)")
                key.withUnsafeBytes { statement.bind(1, bytes: $0) }
                statement.bind(2, now)
                statement.bind(3, now)
                statement.bind(4, bytes)
                record.withUnsafeBytes { statement.bind(5, bytes: $0) }
                try statement.run()
            }
            figures.entries += 1
            figures.bytes += bytes
            try shrink()
        }
        return figures
    }

    /// Empties the file; returns its former size.
    func clear() -> Figures {
        let before = figures
        attempt { () throws(DatabaseError) in
            guard database != nil else { return }
            try beginAnew()
        }
        return before
    }

    // MARK: - The file

    private func openDatabase() throws(DatabaseError) {
        do throws(DatabaseError) {
            try prepare()
        } catch {
            guard error.kind == .damaged else { throw error }
            try beginAnew()
        }
    }

    private func beginAnew() throws(DatabaseError) {
        database?.close()
        database = nil
        figures = Figures()
        for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
        try prepare()
    }

    private func prepare() throws(DatabaseError) {
        let database = try Database(path)
        // A crash of the machine may lose the last replies, never the file (sqlite.org/pragma.html#pragma_synchronous).
        try database.execute("PRAGMA synchronous=NORMAL")
        let found = try database.integer("PRAGMA user_version") ?? 0
        if found != Self.version {
            if found != 0 {
                database.close()
                throw DatabaseError(.damaged, "a cache of version \(found)")
            }
            try database.execute(
                """
                BEGIN IMMEDIATE;
                CREATE TABLE replies (
                    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, stored_at INTEGER NOT NULL,
                    used_at INTEGER NOT NULL, bytes INTEGER NOT NULL, record BLOB NOT NULL);
                CREATE INDEX replies_by_use ON replies (used_at, bytes);
                CREATE INDEX replies_by_age ON replies (stored_at);
                PRAGMA user_version=\(Self.version);
                COMMIT
                """)
        }
        figures.entries = try database.integer("SELECT count(*) FROM replies") ?? 0
        figures.bytes = try database.integer("SELECT sum(bytes) FROM replies") ?? 0
        self.database = database
    }

    // MARK: - Rows

    private func remove(_ key: [UInt8]) throws(DatabaseError) {
        guard let database else { return }
        let statement = try database.statement("DELETE FROM replies WHERE key = ? RETURNING bytes")
        key.withUnsafeBytes { statement.bind(1, bytes: $0) }
        try count(statement)
    }

    private func drop(before storedAt: Int) throws(DatabaseError) {
        guard let database else { return }
        let statement = try database.statement("DELETE FROM replies WHERE stored_at <= ? RETURNING bytes")
        statement.bind(1, storedAt)
        try count(statement)
    }

    /// Evicts the least recently used rows until the size is within the limit.
    private func shrink() throws(DatabaseError) {
        guard let database else { return }
        while figures.bytes > limitBytes, figures.entries > 0 {
            let before = figures.entries
            let statement = try database.statement(
                """
                DELETE FROM replies WHERE id IN (SELECT id FROM replies ORDER BY used_at LIMIT \(Self.step))
                RETURNING bytes
                """)
            try count(statement)
            // The table holds fewer rows than were counted.
            if figures.entries == before { figures = Figures() }
        }
    }

    /// Runs a statement that returns the size of each row it deletes.
    private func count(_ statement: Statement) throws(DatabaseError) {
        while try statement.step() {
            figures.entries -= 1
            figures.bytes -= statement.integer(0) ?? 0
        }
    }

    /// The result of `body`; nil, and a complaint, if it fails.
    @discardableResult
    private func attempt<Result>(_ body: @Disk () throws(DatabaseError) -> Result) -> Result? {
        do throws(DatabaseError) {
            if let database, !database.isInPlace {
                // The file was removed or replaced: writes to it would be lost.
                close()
                StateFile.makeFolder(folder)
                try openDatabase()
            }
            let result = try body()
            isFailing = false
            return result
        } catch {
            if !isFailing { complain(error) }
            isFailing = true
            if error.kind == .damaged, database != nil {
                // A damaged file is not repaired.
                try? beginAnew()
            }
            return nil
        }
    }
}
