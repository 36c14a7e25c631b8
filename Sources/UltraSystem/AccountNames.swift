internal import Glibc

/// Users and groups by name and number (getpwnam(3)). May ask a directory over the network: not for the loop while it
/// serves.
package enum AccountNames {
    /// Room for one entry; glibc suggests 1 KiB, directories have long ones.
    private static let entryBytes = 16 << 10

    package static func uid(of name: String) -> UInt32? {
        user {
            getpwnam_r(name, $0, $1, $2, $3)
        } read: {
            $0.pw_uid
        }
    }

    package static func userName(of uid: UInt32) -> String? {
        user {
            getpwuid_r(uid, $0, $1, $2, $3)
        } read: {
            $0.pw_name.map { String(cString: $0) }
        } ?? nil
    }

    package static func gid(of name: String) -> UInt32? {
        group {
            getgrnam_r(name, $0, $1, $2, $3)
        } read: {
            $0.gr_gid
        }
    }

    package static func groupName(of gid: UInt32) -> String? {
        group {
            getgrgid_r(gid, $0, $1, $2, $3)
        } read: {
            $0.gr_name.map { String(cString: $0) }
        } ?? nil
    }

    private static func user<Value>(
        _ find: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> CInt,
        read: (passwd) -> Value
    ) -> Value? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var space = [CChar](repeating: 0, count: entryBytes)
        return space.withUnsafeMutableBufferPointer { space in
            guard let start = space.baseAddress, find(&entry, start, space.count, &found) == 0, found != nil else {
                return nil
            }
            return read(entry)
        }
    }

    private static func group<Value>(
        _ find: (
            UnsafeMutablePointer<Glibc.group>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<Glibc.group>?>
        ) -> CInt,
        read: (Glibc.group) -> Value
    ) -> Value? {
        var entry = Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        var space = [CChar](repeating: 0, count: entryBytes)
        return space.withUnsafeMutableBufferPointer { space in
            guard let start = space.baseAddress, find(&entry, start, space.count, &found) == 0, found != nil else {
                return nil
            }
            return read(entry)
        }
    }
}
