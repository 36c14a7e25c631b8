import Glibc
import libultra

extension Failure {
    /// Why `ultra_connect()` failed with `result` for the socket asked for, and what to do about it.
    static func noDaemon(socket: String?, result: Int32) -> Failure {
        var found: UnsafeMutablePointer<CChar>?
        guard ultra_socket_path(socket, &found) == 0, let found else {
            return .noDaemon("no connection: \(String(cString: ultra_strerror(result)))", hint: startHint)
        }
        defer { free(found) }
        let path = String(cString: found)
        switch result {
        case -ENOENT, -ENOTDIR:
            return .noDaemon("ultrad is not running: there is no socket at \(path)", hint: startHint)
        case -ECONNREFUSED where !isSocket(path):
            return .noDaemon("\(path) is not a socket", hint: "name the daemon's with --socket or ULTRAD_SOCKET")
        case -ECONNREFUSED:
            return .noDaemon(
                "ultrad is not running: nobody listens on \(path), which an earlier one left behind", hint: startHint)
        case -EACCES, -EPERM:
            return .noDaemon("permission denied: you may not use \(path)", hint: accessHint(path))
        case -EAGAIN, -ETIMEDOUT:
            return .noDaemon(
                "ultrad at \(path) accepts no connections", hint: "look at it with: systemctl status ultrad")
        default:
            return .noDaemon("no connection to \(path): \(String(cString: ultra_strerror(result)))", hint: startHint)
        }
    }

    private static let startHint = "start it with: systemctl start ultrad.socket (for all users) or ultrad (your own)"

    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    /// Names the group that may use the socket, or else pass its directory.
    private static func accessHint(_ path: String) -> String {
        var status = stat()
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        guard stat(path, &status) == 0 || stat(directory, &status) == 0, let group = getgrgid(status.st_gid) else {
            return "ask its owner for access"
        }
        let name = String(cString: group.pointee.gr_name)
        return "join its group, then log in again: sudo usermod -aG \(name) $USER"
    }
}
