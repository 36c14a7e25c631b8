internal import Glibc

/// Users and groups by name and number (getpwnam(3)). May ask a directory over the network: not for the loop while it
/// serves.
package enum AccountNames {
    /// Room for one entry at first; glibc suggests 1 KiB.
    private static let entryBytes = 1 << 10
    /// No entry is longer: a group has all its members in its own.
    private static let longestEntryBytes = 1 << 22

    package static func uid(of name: String) -> UInt32? {
        entry(passwd()) {
            getpwnam_r(name, $0, $1, $2, $3)
        } read: {
            $0.pw_uid
        }
    }

    package static func userName(of uid: UInt32) -> String? {
        entry(passwd()) {
            getpwuid_r(uid, $0, $1, $2, $3)
        } read: {
            $0.pw_name.map { String(cString: $0) }
        } ?? nil
    }

    package static func gid(of name: String) -> UInt32? {
        entry(group()) {
            getgrnam_r(name, $0, $1, $2, $3)
        } read: {
            $0.gr_gid
        }
    }

    package static func groupName(of gid: UInt32) -> String? {
        entry(group()) {
            getgrgid_r(gid, $0, $1, $2, $3)
        } read: {
            $0.gr_name.map { String(cString: $0) }
        } ?? nil
    }

    /// Looks one entry up, in as much room as it takes.
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
