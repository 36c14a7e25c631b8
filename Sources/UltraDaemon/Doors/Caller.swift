internal import UltraSystem

/// The client of a request, as its door knows it.
struct Caller: Sendable, Hashable {
    enum Door: String, Sendable {
        /// The Unix socket of length-prefixed frames, ultra-protocol(7).
        case frames
        /// The Unix socket of HTTP, ultra-http(7).
        case http
    }

    let uid: UInt32
    let gid: UInt32
    /// 0: unknown.
    let pid: Int32
    /// Supplementary groups; empty if the kernel does not report them.
    let groups: [UInt32]
    /// The name in `/proc/PID/comm` when the client connected; nil: unknown.
    let program: String?
    let door: Door

    init(
        uid: UInt32, gid: UInt32, pid: Int32 = 0, groups: [UInt32] = [], program: String? = nil, door: Door = .frames
    ) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.groups = groups
        self.program = program
        self.door = door
    }

    init(_ peer: Peer, door: Door) {
        self.init(
            uid: peer.uid, gid: peer.gid, pid: peer.pid, groups: peer.groups, program: peer.program, door: door)
    }

    func isMember(of group: UInt32) -> Bool { gid == group || groups.contains(group) }
}
