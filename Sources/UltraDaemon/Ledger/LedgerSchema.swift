/// The ledger's tables, as steps; the file's `user_version` is the number of steps that it has seen.
enum LedgerSchema {
    /// Steps are added, never changed. Each brings a file from the version before to its own.
    static let steps = [
        // `time` is when the request ended, in milliseconds since 1970. NULL is "not known". A price is in USD per
        // million tokens.
        """
        CREATE TABLE prices (
            id INTEGER PRIMARY KEY, input REAL NOT NULL, cached_input REAL, cache_write REAL, output REAL NOT NULL);
        CREATE TABLE requests (
            id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, uid INTEGER NOT NULL, gid INTEGER NOT NULL,
            pid INTEGER NOT NULL, program TEXT, op TEXT NOT NULL, model_asked TEXT, model TEXT NOT NULL,
            provider TEXT NOT NULL, input_tokens INTEGER, output_tokens INTEGER, cached_input_tokens INTEGER,
            cache_write_tokens INTEGER, reasoning_tokens INTEGER, usage_source TEXT NOT NULL, cost_micro_usd INTEGER,
            price INTEGER REFERENCES prices(id), first_token_ms REAL, total_ms REAL NOT NULL, outcome TEXT NOT NULL,
            cache TEXT NOT NULL, attempts INTEGER NOT NULL, tags TEXT);
        CREATE INDEX requests_time ON requests(time);
        """,
        // Compacted copies of rows, from which `usage` counts. They can be rebuilt from `requests` at any time.
        """
        CREATE TABLE blocks (
            last_id INTEGER PRIMARY KEY, first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, names BLOB NOT NULL,
            packed_rows BLOB NOT NULL);
        """,
        // `member_of`: numbers of supplementary groups, separated by commas, because of which a budget applied.
        """
        ALTER TABLE requests ADD COLUMN member_of TEXT;
        CREATE INDEX requests_member_of ON requests(time) WHERE member_of IS NOT NULL;
        """,
    ]
}
