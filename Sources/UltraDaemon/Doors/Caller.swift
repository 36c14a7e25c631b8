internal import UltraSystem

/// The client of a request, as far as its door can vouch for it.
struct Caller: Sendable, Hashable {
    enum Door: String, Sendable {
        /// The Unix socket of length-prefixed frames, ultra-protocol(7).
        case frames
        /// The Unix socket of HTTP, ultra-http(7).
        case http
    }

    let uid: UInt32
    let gid: UInt32
    /// 0: not known.
    let pid: Int32
    /// Supplementary groups; empty where the kernel does not tell.
    let groups: [UInt32]
    /// As `/proc/PID/comm` had it when the client connected; nil: not known.
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
