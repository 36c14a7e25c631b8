internal import CSystemd
internal import Glibc

/// Credentials of the process at the other end of a Unix socket, as the kernel recorded them when it connected
/// (`SO_PEERCRED`, `SO_PEERGROUPS`; unix(7)).
package struct Peer: Sendable, Hashable {
    package let uid: UInt32
    package let gid: UInt32
    package let pid: Int32
    /// Supplementary groups; empty if the kernel does not report them (before Linux 4.13).
    package let groups: [UInt32]
    /// The program's name from `/proc/PID/comm` when it connected; nil if unknown. Chosen by the program, so never a
    /// basis for access.
    package let program: String?

    package init(uid: UInt32, gid: UInt32, pid: Int32 = 0, groups: [UInt32] = [], program: String? = nil) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.groups = groups
        self.program = program
    }

    /// Reads the credentials of the peer of `descriptor`; nil if it is not a connected Unix socket.
    init?(of descriptor: CInt) {
        var credentials = csystemd_credentials()
        guard csystemd_peer(descriptor, &credentials) == 0 else { return nil }
        uid = credentials.uid
        gid = credentials.gid
        pid = credentials.pid
        groups = Self.groups(of: descriptor)
        program = ProgramName.read(of: credentials.pid)
    }

    /// True if `group` is the peer's primary group or one of its supplementary groups.
    package func isMember(of group: UInt32) -> Bool { gid == group || groups.contains(group) }

    /// Empty if the kernel does not report groups: an unproven membership counts as none.
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
            // Linux allows at most 65536 groups per process (`NGROUPS_MAX`).
            guard isTooSmall, room < 1 << 17 else { return groups }
            room = max(2 * room, Int(length) / MemoryLayout<gid_t>.size)
        }
    }
}

/// The name of a process in `/proc/PID/comm` (proc(5)): at most 15 bytes, chosen by the process itself.
enum ProgramName {
    /// nil if the process has ended or lives in another PID namespace.
    static func read(of process: Int32) -> String? {
        guard process > 0 else { return nil }
        let file = open("/proc/\(process)/comm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            var count = Glibc.read(file, buffer.baseAddress, buffer.count)
            guard count > 0 else { return nil }
            if buffer[count - 1] == UInt8(ascii: "\n") { count -= 1 }
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }
}
