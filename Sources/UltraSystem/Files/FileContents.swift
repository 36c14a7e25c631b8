internal import Glibc

/// A small file, read whole.
package struct FileContents: Sendable, Equatable {
    package var bytes: [UInt8]
    /// Permission bits, as chmod(2) takes them.
    package var permissions: UInt32

    package init(_ bytes: [UInt8], permissions: UInt32 = 0o600) {
        self.bytes = bytes
        self.permissions = permissions
    }

    /// Reads `path`. Blocks; throws `EFBIG` for more than `limitBytes`.
    package static func read(_ path: String, limitBytes: Int = 1 << 20) throws(SystemError) -> FileContents {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemError("open") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw SystemError("fstat") }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(file, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read") }
            guard count > 0 else { return FileContents(bytes, permissions: status.st_mode & 0o7777) }
            bytes += piece[..<count]
            guard bytes.count <= limitBytes else { throw SystemError("read", code: EFBIG) }
        }
    }

    /// The names in `folder`, sorted.
    package static func names(in folder: String) throws(SystemError) -> [String] {
        guard let stream = opendir(folder) else { throw SystemError("opendir") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
