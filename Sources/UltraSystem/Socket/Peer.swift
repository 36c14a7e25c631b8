internal import CSystemd
internal import Glibc

/// Who is at the other end of a Unix socket, as the kernel noted when it connected (`SO_PEERCRED`, unix(7)).
package struct Peer: Sendable, Hashable {
    package let uid: UInt32
    package let gid: UInt32
    package let pid: Int32
    /// As `/proc/PID/comm` had it when it connected; nil: not known.
    package let program: String?

    /// Root, and who runs the daemon: they may do what costs money or changes the daemon.
    package var isAdmin: Bool { uid == 0 || uid == geteuid() }

    /// Reads the credentials of the peer of `descriptor`; nil where it is no Unix socket.
    init?(of descriptor: CInt) {
        var credentials = csystemd_credentials()
        guard csystemd_peer(descriptor, &credentials) == 0 else { return nil }
        uid = credentials.uid
        gid = credentials.gid
        pid = credentials.pid
        program = ProgramName.read(of: credentials.pid)
    }
}
