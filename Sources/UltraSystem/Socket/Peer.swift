internal import CSystemd
internal import Glibc

/// Who is at the other end of a Unix socket, as the kernel noted when it connected (`SO_PEERCRED` and `SO_PEERGROUPS`,
/// unix(7)).
package struct Peer: Sendable, Hashable {
    package let uid: UInt32
    package let gid: UInt32
    package let pid: Int32
    /// Its supplementary groups.
    package let groups: [UInt32]

    package init(uid: UInt32, gid: UInt32, pid: Int32 = 0, groups: [UInt32] = []) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.groups = groups
    }

    /// Reads the credentials of the peer of `descriptor`; nil where it is no Unix socket.
    init?(of descriptor: CInt) {
        var credentials = csystemd_credentials()
        guard csystemd_peer(descriptor, &credentials) == 0 else { return nil }
        uid = credentials.uid
        gid = credentials.gid
        pid = credentials.pid
        groups = Self.groups(of: descriptor)
    }

    package func isMember(of group: UInt32) -> Bool { gid == group || groups.contains(group) }

    /// Empty as well where the kernel does not tell (before 4.13): who cannot show a membership has none.
    private static func groups(of descriptor: CInt) -> [UInt32] {
        var room = 32
        while true {
            var length = socklen_t(room * MemoryLayout<gid_t>.size)
            var isTooSmall = false
            let groups = [UInt32](unsafeUninitializedCapacity: room) { space, count in
                let result = csystemd_peer_groups(descriptor, space.baseAddress, &length)
                isTooSmall = result < 0 && errno == ERANGE
                count = result == 0 ? Int(length) / MemoryLayout<gid_t>.size : 0
            }
            // A member of more groups than Linux allows (65536) there is not.
            guard isTooSmall, room < 1 << 17 else { return groups }
            room = max(2 * room, Int(length) / MemoryLayout<gid_t>.size)
        }
    }
}
