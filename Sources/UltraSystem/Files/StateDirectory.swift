internal import CSystemd
internal import Glibc
internal import Synchronization

/// The folder of what survives a restart. It belongs to one process at a time, which holds a lock (flock(2)) on a file
/// in it: two would each overwrite what the other learnt, and count budgets twice.
///
/// The kernel gives the lock up when the process ends, however it ends.
package final class StateDirectory: Sendable {
    package enum Failure: Error, Sendable, Equatable {
        /// Another process has it; nil: it did not write down its process id.
        case held(by: Int32?)
        /// It can be neither made nor locked.
        case system(SystemError)
    }

    /// What became of a directory that was claimed.
    package enum Standing: Sendable, Equatable {
        case inPlace
        /// It had been removed or replaced; it is made anew and claimed.
        case renewed
        /// It had been removed or replaced, and is not ours now.
        case lost(Failure)
    }

    package static let lockName = "lock"

    package let path: String
    /// Of the locked file; -1: none.
    private let descriptor: Mutex<CInt>

    /// Makes the folder if it is missing, and claims it. Blocks.
    package init(claiming path: String) throws(Failure) {
        self.path = path
        descriptor = Mutex(try Self.claim(path))
    }

    deinit {
        let descriptor = descriptor.withLock { $0 }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Looks whether the folder is still the one that was claimed, and claims what stands there now if it is not.
    /// Blocks: for the disk's thread.
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
            // Somebody may have removed it in between: then the lock is on a file that nobody else will find.
            guard FileIdentity(of: file) == FileIdentity(at: lock(in: path)) else {
                close(file)
                continue
            }
            var text = "\(getpid())\n"
            ftruncate(file, 0)
            // Only for people, and for the message of a second daemon: ignoring a full disk.
            text.withUTF8 { _ = pwrite(file, $0.baseAddress, $0.count, 0) }
            return file
        }
    }

    private static func owner(_ file: CInt) -> Int32? {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { space in
            let count = pread(file, space.baseAddress, space.count, 0)
            guard count > 0 else { return nil }
            return Int32(String(decoding: space[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
        }
    }
}
