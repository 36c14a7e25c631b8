internal import CSQLite

/// Why SQLite did not do something.
package struct DatabaseError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// No room on the disk, or over a quota.
        case full
        /// The folder or the file may not be written.
        case readOnly
        /// The file cannot be opened or made.
        case unreachable
        /// The file is no database, or a broken one.
        case damaged
        /// Another process holds it.
        case busy
        /// The disk does not do what it is told.
        case disk
        case other
    }

    package let kind: Kind
    /// As SQLite words it; no part of a row.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }

    /// - Parameter code: extended, as in sqlite.org/rescode.html.
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
