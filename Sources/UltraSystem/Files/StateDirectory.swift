internal import CSystemd
internal import Glibc
internal import Synchronization

/// The directory for everything that survives a restart. One process owns it at a time, by an exclusive flock(2) on a
/// file in it: two daemons would overwrite each other's state and count budgets twice.
///
/// The kernel releases the lock when the process ends, even after a crash.
package final class StateDirectory: Sendable {
    /// Why the directory cannot be claimed.
    package enum Failure: Error, Sendable, Equatable {
        /// Another process holds the lock; its process ID, or nil if it has not written one.
        case held(by: Int32?)
        /// The directory or its lock file cannot be created, opened or locked.
        case system(SystemError)
    }

    /// The result of checking a claimed directory.
    package enum Standing: Sendable, Equatable {
        case inPlace
        /// The directory had been removed or replaced; it was created again if missing, and claimed.
        case renewed
        /// The directory had been removed or replaced, and cannot be claimed.
        case lost(Failure)
    }

    /// Name of the lock file inside the directory. It contains the owner's process ID.
    package static let lockName = "lock"

    package let path: String
    package var lockPath: String { Self.lock(in: path) }
    /// The locked file's descriptor.
    private let descriptor: Mutex<CInt>

    /// Creates the directory if it is missing (mode 0700), and claims it. Blocks.
    /// - Throws: `.held` if another process owns it; `.system` with the failed call.
    package init(claiming path: String) throws(Failure) {
        self.path = path
        descriptor = Mutex(try Self.claim(path))
    }

    deinit {
        let descriptor = descriptor.withLock { $0 }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Checks that the path still names the claimed directory; if it does not, claims the directory that is there now.
    /// Blocks: call it on the disk thread.
    package func renew() -> Standing {
        descriptor.withLock { descriptor in
            if descriptor >= 0, let identity = FileIdentity(of: descriptor),
                FileIdentity(at: Self.lock(in: path)) == identity
            {
                return .inPlace
            }
            do throws(Failure) {
                let new = try Self.claim(path)
                if descriptor >= 0 { close(descriptor) }
                descriptor = new
                return .renewed
            } catch {
                return .lost(error)
            }
        }
    }

    private static func lock(in path: String) -> String { "\(path)/\(lockName)" }

    private static func claim(_ path: String) throws(Failure) -> CInt {
        StateFile.makeFolder(path)
        while true {
            let file = open(lock(in: path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard file >= 0 else { throw .system(SystemError("open")) }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                let code = errno
                defer { close(file) }
                guard code == EWOULDBLOCK else { throw .system(SystemError("flock", code: code)) }
                throw .held(by: owner(file))
            }
            // If the lock file was replaced in the meantime, this lock is on a file nobody else will open.
            guard FileIdentity(of: file) == FileIdentity(at: lock(in: path)) else {
                close(file)
                continue
            }
            var text = "\(getpid())\n"
            ftruncate(file, 0)
            // The process ID only improves the error message of a second daemon, so a full disk is ignored.
            text.withUTF8 { _ = pwrite(file, $0.baseAddress, $0.count, 0) }
            return file
        }
    }

    /// The process ID in a lock file; nil if it contains none.
    private static func owner(_ file: CInt) -> Int32? {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { space in
            let count = pread(file, space.baseAddress, space.count, 0)
            guard count > 0 else { return nil }
            return Int32(String(decoding: space[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
        }
    }
}

/// Identity of a file (device and inode). Shows whether a path still names the file it named before.
struct FileIdentity: Sendable, Equatable {
    private let device: UInt
    private let number: UInt

    private init(_ status: stat) {
        device = UInt(status.st_dev)
        number = UInt(status.st_ino)
    }

    /// The file at `path`, without following a symbolic link; nil if it cannot be examined.
    init?(at path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// The open file behind `descriptor`; nil if it is not open.
    init?(of descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }
}
