internal import CSystemd
internal import Glibc

/// The address of a Unix socket in the file system.
struct UnixAddress {
    private var address = sockaddr_un()

    /// nil where `path` is empty or does not fit.
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
