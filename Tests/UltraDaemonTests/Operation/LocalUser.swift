import CLinux
import Foundation

/// Another user of this machine, as which a test that runs as root connects.
struct LocalUser: Sendable {
    var uid: UInt32
    var gid: UInt32
    var groups: [UInt32] = []

    static let canBeOthers: Bool = {
        let can = geteuid() == 0
        if !can { print("not root: what other users may and may not is not tested") }
        return can
    }()

    /// The kernel records the user at the time of the connection. The thread that changed its user ends afterwards.
    /// - Parameter path: of the socket; nil: the native one.
    func client(of daemon: DaemonProcess, at path: String? = nil) throws -> Client {
        // The daemon made the socket for its own user; in service the socket unit decides.
        let path = path ?? daemon.socketPath
        chmod(path, 0o666)
        nonisolated(unsafe) var result: Result<Client, any Error>?
        let isDone = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            result = Result {
                guard clinux_become(uid, gid, groups, UInt(groups.count)) == 0 else {
                    throw ClientError(what: "cannot be uid \(uid): errno \(errno)")
                }
                return try Client(path, of: daemon)
            }
            isDone.signal()
        }
        isDone.wait()
        guard let result else { throw ClientError(what: "the thread did not run") }
        return try result.get()
    }
}
