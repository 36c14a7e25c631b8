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

    /// Whether clients still find the socket under its name.
    package enum Place: Equatable {
        case inPlace
        /// Nothing is there.
        case vanished
        /// Something else is there, such as another daemon's socket.
        case taken
    }

    private let descriptor: CInt
    /// The file to remove at the end, if this process made it and it is still that one.
    private var file: (path: String, identity: FileIdentity)?
    private var watch: Watch?
    private var retry = Timer {}
    /// Given up for a moment where descriptors have run out, so that who waits can be told; -1: there is none.
    private var reserve: CInt = -1

    /// Connections that wait to be accepted; the kernel caps it (`net.core.somaxconn`).
    static let backlog: CInt = 1024
    /// How long accepting rests where descriptors have run out: the kernel would report the waiting connection forever.
    static let pauseWithoutDescriptors = Duration.milliseconds(100)

    /// Listens on a socket that is bound and listening already.
    package init(passed descriptor: CInt) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    /// Binds `path`, in a directory that is made if it is missing (mode 0755, its parents are not), readable and writable by the owner alone, replacing the file of a daemon that is gone.
    package init(path: String) throws(Failure) {
        guard var address = UnixAddress(path) else { throw .pathTooLong }
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw .system(SystemError("socket")) }
        Self.makeDirectory(of: path)
        try Self.removeStale(path, &address)
        let mask = umask(0o177)
        let bound = address.withPointer { bind(descriptor, $0, $1) }
        let code = errno
        umask(mask)
        guard bound == 0 else { throw .system(SystemError("bind", code: code)) }
        // From here `deinit` runs where this throws: it removes the file.
        file = FileIdentity(at: path).map { (path, $0) }
        guard listen(descriptor, Self.backlog) == 0 else { throw .system(SystemError("listen")) }
    }

    isolated deinit {
        watch?.cancel()
        retry.cancel()
        if let file, FileIdentity(at: file.path) == file.identity { unlink(file.path) }
        if reserve >= 0 { close(reserve) }
        if descriptor >= 0 { close(descriptor) }
    }

    /// nil: another made the socket, and sees to its file.
    package var place: Place? {
        guard let file else { return nil }
        guard let found = FileIdentity(at: file.path) else { return .vanished }
        return found == file.identity ? .inPlace : .taken
    }

    /// Hands every new connection to `onConnection`, and one for which there is no descriptor to `onShortage`, which
    /// may tell its client and has to let go of it at once.
    package func accept(
        _ onConnection: @escaping @Loop (StreamSocket) -> Void,
        onShortage: @escaping @Loop (StreamSocket) -> Void = { _ in }
    ) {
        refillReserve()
        retry.onFire = { [unowned self] in watch?.update(.input) }
        watch = Watch(descriptor, .input) { [unowned self] _ in
            for _ in 0..<64 {
                let connection = csystemd_accept(descriptor)
                if connection >= 0 {
                    if let socket = StreamSocket(connection) { onConnection(socket) }
                } else if errno == EMFILE || errno == ENFILE {
                    guard acceptFromReserve(onShortage) else { return pause() }
                } else if errno == ENOMEM || errno == ENOBUFS {
                    return pause()
                } else if errno != ECONNABORTED && errno != EINTR {
                    return
                }
            }
        }
    }

    private func pause() {
        watch?.update([])
        retry.arm(after: Self.pauseWithoutDescriptors)
    }

    /// False: there is nobody, or no descriptor even so.
    private func acceptFromReserve(_ onShortage: (StreamSocket) -> Void) -> Bool {
        guard reserve >= 0 else { return refillReserve() && false }
        close(reserve)
        reserve = -1
        let connection = csystemd_accept(descriptor)
        if connection >= 0, let socket = StreamSocket(connection) { onShortage(socket) }
        // Where the system as a whole has run out, somebody else may have taken it.
        return refillReserve() && connection >= 0
    }

    @discardableResult
    private func refillReserve() -> Bool {
        if reserve < 0 { reserve = open("/dev/null", O_RDONLY | O_CLOEXEC) }
        return reserve >= 0
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
