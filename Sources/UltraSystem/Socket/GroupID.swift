internal import Glibc

/// The number of a group.
package enum GroupID {
    /// A number as it is, a name as the system's databases have it (`getgrnam_r(3)`); nil: there is no such group.
    ///
    /// Blocks, and may ask a directory server: for the start and a reload, never for a client.
    package static func named(_ name: String) -> UInt32? {
        if let number = UInt32(name) { return number == .max ? nil : number }
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        var room = 1 << 10
        while true {
            let space = UnsafeMutablePointer<CChar>.allocate(capacity: room)
            defer { space.deallocate() }
            switch getgrnam_r(name, &entry, space, room, &found) {
            case ERANGE where room < 1 << 22: room *= 4
            case EINTR: continue
            case 0: return found == nil ? nil : entry.gr_gid
            default: return nil
            }
        }
    }
}
