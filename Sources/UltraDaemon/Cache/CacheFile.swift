internal import Glibc
internal import UltraSystem

/// The cache's second level: a file of kept replies in the state directory, which survives a restart.
///
/// What is wrong with it costs no request: it is then as if nothing were kept. A damaged file, and one of another
/// version, is begun anew: everything in it can be asked for again.
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
    /// What a row takes besides its record: its key and its share of index and pages.
    private static let overheadBytes = 160
    /// Rows beyond the bound go in steps of so many, that few replies pay for it.
    private static let step = 16

    private let path: String
    private let folder: String
    private let limitBytes: Int
    private let lifetimeMilliseconds: Int
    private var database: Database?
    private(set) var figures = Figures()
    /// Told once of what is wrong, until it is well again.
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

    /// Opens the file and drops what is too old or too much.
    func open(at now: Int) -> Figures {
        attempt { () throws(DatabaseError) in
            StateFile.makeFolder(folder)
            try openDatabase()
            try drop(before: now - lifetimeMilliseconds)
            try shrink()
        }
        return figures
    }

    /// Lets go of the file and opens the one that stands at its place now, which is made if it is missing.
    func reopen(at now: Int) -> Figures {
        close()
        return open(at: now)
    }

    func close() {
        database?.close()
        database = nil
        figures = Figures()
    }

    /// The record under `key`, if it is young enough.
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

    /// Begins the file anew; returns what was in it.
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
        // A crash of the machine may cost the last replies, never the file (sqlite.org/pragma.html#pragma_synchronous).
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

    /// Those that were not asked for longest go until the rest is within the bound.
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
            // A table that holds less than was counted.
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

    /// The result of `body`; nil, and a complaint, where the disk does not do it.
    @discardableResult
    private func attempt<Result>(_ body: @Disk () throws(DatabaseError) -> Result) -> Result? {
        do throws(DatabaseError) {
            if let database, !database.isInPlace {
                // It was removed or replaced: what is written to it would be lost.
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
                // What is broken now is broken for good.
                try? beginAnew()
            }
            return nil
        }
    }
}
