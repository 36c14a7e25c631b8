internal import Glibc

/// A one-minute cache of users and groups. The loop looks accounts up here, on the disk thread, because a directory
/// server may be slow.
@Disk
package final class Accounts {
    package static let shared = Accounts()

    /// How long an entry is valid, including one for an account that does not exist.
    nonisolated package static let lifetime = Duration.seconds(60)
    /// The most entries kept: clients choose the names, so the number must be bounded.
    nonisolated static let limit = 4096

    private enum Query: Hashable {
        case uid(ofUser: String)
        case gid(ofGroup: String)
        case user(UInt32)
        case group(UInt32)
    }

    private struct Entry {
        var text: String?
        var number: UInt32?
        /// When it was looked up, in nanoseconds of `CLOCK_MONOTONIC`.
        var at: UInt64
    }

    private var entries: [Query: Entry] = [:]

    nonisolated init() {}

    /// nil if there is no such user. Blocks.
    package func uid(ofUser name: String) -> UInt32? {
        number(.uid(ofUser: name)) { AccountNames.uid(of: name) }
    }

    /// nil if there is no such group. Blocks.
    package func gid(ofGroup name: String) -> UInt32? {
        number(.gid(ofGroup: name)) { AccountNames.gid(of: name) }
    }

    /// nil if the ID has no name. Blocks.
    package func userName(of uid: UInt32) -> String? {
        text(.user(uid)) { AccountNames.userName(of: uid) }
    }

    /// nil if the ID has no name. Blocks.
    package func groupName(of gid: UInt32) -> String? {
        text(.group(gid)) { AccountNames.groupName(of: gid) }
    }

    private func number(_ query: Query, _ ask: () -> UInt32?) -> UInt32? {
        entry(query) { Entry(number: ask(), at: $0) }.number
    }

    private func text(_ query: Query, _ ask: () -> String?) -> String? {
        entry(query) { Entry(text: ask(), at: $0) }.text
    }

    private func entry(_ query: Query, _ ask: (UInt64) -> Entry) -> Entry {
        let now = EventLoop.now
        if let known = entries[query], now &- known.at < UInt64(Self.lifetime.nanoseconds) { return known }
        if entries.count >= Self.limit { entries = [:] }
        let entry = ask(now)
        entries[query] = entry
        return entry
    }
}

/// Looks users and groups up by name and by ID (getpwnam_r(3), getgrnam_r(3)). Blocks, and may query a directory
/// server: never call it on the loop while it serves.
package enum AccountNames {
    /// The first buffer size; glibc suggests 1 KiB.
    private static let entryBytes = 1 << 10
    /// The largest buffer size; a group's entry lists all its members.
    private static let longestEntryBytes = 1 << 22

    /// nil if there is no such user.
    package static func uid(of name: String) -> UInt32? {
        entry(passwd()) {
            getpwnam_r(name, $0, $1, $2, $3)
        } read: {
            $0.pw_uid
        }
    }

    /// nil if the ID has no name.
    package static func userName(of uid: UInt32) -> String? {
        entry(passwd()) {
            getpwuid_r(uid, $0, $1, $2, $3)
        } read: {
            $0.pw_name.map { String(cString: $0) }
        } ?? nil
    }

    /// nil if there is no such group.
    package static func gid(of name: String) -> UInt32? {
        entry(group()) {
            getgrnam_r(name, $0, $1, $2, $3)
        } read: {
            $0.gr_gid
        }
    }

    /// nil if the ID has no name.
    package static func groupName(of gid: UInt32) -> String? {
        entry(group()) {
            getgrgid_r(gid, $0, $1, $2, $3)
        } read: {
            $0.gr_name.map { String(cString: $0) }
        } ?? nil
    }

    /// Calls `find`, with a larger buffer as long as it returns `ERANGE`, and reads the entry it finds.
    private static func entry<Entry, Value>(
        _ empty: Entry,
        _ find: (
            UnsafeMutablePointer<Entry>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>
        ) -> CInt,
        read: (Entry) -> Value
    ) -> Value? {
        var entry = empty
        var found: UnsafeMutablePointer<Entry>?
        var room = entryBytes
        while true {
            let space = UnsafeMutablePointer<CChar>.allocate(capacity: room)
            defer { space.deallocate() }
            switch find(&entry, space, room, &found) {
            case ERANGE where room < longestEntryBytes: room *= 4
            case EINTR: continue
            case 0: return found == nil ? nil : read(entry)
            default: return nil
            }
        }
    }
}

/// Resolves the groups named in the configuration.
package enum GroupID {
    /// The ID of a group given by number or by name (getgrnam_r(3)); nil if there is no such group.
    ///
    /// Blocks, and may query a directory server: call it at startup and on reload, never while serving a client.
    package static func named(_ name: String) -> UInt32? {
        if let number = UInt32(name) { return number == .max ? nil : number }
        return AccountNames.gid(of: name)
    }
}
