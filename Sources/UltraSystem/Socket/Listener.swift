internal import CSystemd
internal import Glibc

/// A listening Unix socket, either bound here or passed by the service manager. Owns its descriptor and closes it on
/// deinit.
@Loop
package final class Listener {
    /// Why the socket cannot be bound.
    package enum Failure: Error, Equatable {
        /// Another process is listening on the path.
        case inUse
        /// The path is longer than a socket address holds (107 bytes).
        case pathTooLong
        /// The path exists and is not a socket.
        case notASocket
        case system(SystemError)
    }

    /// State of the socket's file: clients reach the daemon only while it is in place.
    package enum Place: Equatable {
        case inPlace
        /// The file was removed.
        case vanished
        /// Another file has replaced it, such as another daemon's socket.
        case taken
    }

    private let descriptor: CInt
    /// The socket's file, if this process made it. Removed on deinit only while it is still the same file.
    private var file: (path: String, identity: FileIdentity)?
    private var watch: Watch?
    private var retry = Timer {}
    /// A spare descriptor. When descriptors run out it is closed to accept a waiting client and tell it so; -1 if there
    /// is none.
    private var reserve: CInt = -1

    /// The listen backlog: connections waiting to be accepted. The kernel caps it at `net.core.somaxconn`.
    static let backlog: CInt = 1024
    /// How long accepting pauses when descriptors run out. Without a pause the level-triggered watch would spin.
    static let pauseWithoutDescriptors = Duration.milliseconds(100)

    /// Takes over a socket that is already bound and listening. Its file belongs to whoever bound it.
    package init(passed descriptor: CInt) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    /// Binds and listens on `path` with mode 0600.
    ///
    /// Creates the parent directory (mode 0755) if it is missing, but not the directories above it. Replaces a socket
    /// file that nobody listens on.
    /// - Throws: `.pathTooLong`, `.notASocket`, `.inUse`, or `.system` with the failed call.
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
        // If an error is thrown from here on, `deinit` runs and removes the file.
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

    /// The state of the socket's file; nil for a passed socket, whose file the service manager looks after.
    package var place: Place? {
        guard let file else { return nil }
        guard let found = FileIdentity(at: file.path) else { return .vanished }
        return found == file.identity ? .inPlace : .taken
    }

    /// Accepts connections and passes each to `onConnection`.
    /// - Parameter onShortage: Called instead when descriptors have run out. It may send its client an error, and must
    ///   release the socket before it returns.
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

    /// Accepts one connection with the spare descriptor.
    /// - Returns: false if there is no connection, or no descriptor even so.
    private func acceptFromReserve(_ onShortage: (StreamSocket) -> Void) -> Bool {
        guard reserve >= 0 else { return refillReserve() && false }
        close(reserve)
        reserve = -1
        let connection = csystemd_accept(descriptor)
        if connection >= 0, let socket = StreamSocket(connection) { onShortage(socket) }
        // If the whole system is out of descriptors, another process may have taken the one just freed.
        return refillReserve() && connection >= 0
    }

    /// Returns true if there is a spare descriptor.
    @discardableResult
    private func refillReserve() -> Bool {
        if reserve < 0 { reserve = open("/dev/null", O_RDONLY | O_CLOEXEC) }
        return reserve >= 0
    }

    private static func makeDirectory(of path: String) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        // On failure the following `bind` reports the reason.
        _ = mkdir(String(path[..<slash]), 0o755)
    }

    /// Removes a socket file that nobody listens on.
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

/// The address of a Unix socket in the file system (unix(7)).
struct UnixAddress {
    private var address = sockaddr_un()

    /// nil if `path` is empty or longer than 107 bytes.
    init?(_ path: String) {
        let bytes = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { space in
            guard !bytes.isEmpty, bytes.count < space.count else { return false }
            space.copyBytes(from: bytes)
            return true
        }
        guard fits else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
    }

    mutating func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
