internal import CSystemd
internal import Glibc

/// A listening Unix socket, bound here or passed by the service manager.
@Loop
package final class Listener {
    package enum Failure: Error, Equatable {
        /// Another process answers on the path.
        case inUse
        /// The path is longer than a socket address holds (107 bytes).
        case pathTooLong
        /// Something else than a socket is there.
        case notASocket
        case system(SystemError)
    }

    private let descriptor: CInt
    /// The file to remove at the end, if this process made it.
    private var path: String?
    private var watch: Watch?
    private var retry = Timer {}

    /// Connections that wait to be accepted; the kernel caps it (`net.core.somaxconn`).
    static let backlog: CInt = 1024
    /// How long accepting rests where descriptors have run out: the kernel would report the waiting connection forever.
    static let pauseWithoutDescriptors = Duration.milliseconds(100)

    /// Listens on a socket that is bound and listening already.
    package init(passed descriptor: CInt) {
        self.descriptor = descriptor
        path = nil
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    /// Binds `path`, in a directory that is made if it is missing (mode 0755, its parents are not), readable and writable by the owner alone, replacing the file of a daemon that is gone.
    package init(path: String) throws(Failure) {
        guard var address = UnixAddress(path) else { throw .pathTooLong }
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        // From here `deinit` runs where this throws: it removes the file only if it is ours.
        self.path = nil
        guard descriptor >= 0 else { throw .system(SystemError("socket")) }
        Self.makeDirectory(of: path)
        try Self.removeStale(path, &address)
        let mask = umask(0o177)
        let bound = address.withPointer { bind(descriptor, $0, $1) }
        let code = errno
        umask(mask)
        guard bound == 0 else { throw .system(SystemError("bind", code: code)) }
        self.path = path
        guard listen(descriptor, Self.backlog) == 0 else { throw .system(SystemError("listen")) }
    }

    isolated deinit {
        watch?.cancel()
        retry.cancel()
        if let path { unlink(path) }
        close(descriptor)
    }

    /// Hands every new connection to `onConnection`.
    package func accept(_ onConnection: @escaping @Loop (StreamSocket) -> Void) {
        retry.onFire = { [unowned self] in watch?.update(.input) }
        watch = Watch(descriptor, .input) { [unowned self] _ in
            for _ in 0..<64 {
                let connection = csystemd_accept(descriptor)
                if connection >= 0 {
                    if let socket = StreamSocket(connection) { onConnection(socket) }
                } else if errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS {
                    watch?.update([])
                    return retry.arm(after: Self.pauseWithoutDescriptors)
                } else if errno != ECONNABORTED && errno != EINTR {
                    return
                }
            }
        }
    }

    private static func makeDirectory(of path: String) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        // Where this fails, bind says why.
        _ = mkdir(String(path[..<slash]), 0o755)
    }

    private static func removeStale(_ path: String, _ address: inout UnixAddress) throws(Failure) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket }
        let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { throw .system(SystemError("socket")) }
        defer { close(probe) }
        if address.withPointer({ connect(probe, $0, $1) }) == 0 { throw .inUse }
        guard errno == ECONNREFUSED else { throw .system(SystemError("connect")) }
        unlink(path)
    }
}
