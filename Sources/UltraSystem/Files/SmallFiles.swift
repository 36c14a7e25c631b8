internal import CSystemd
internal import Glibc

/// Reads and atomically replaces small files of mode 0600.
package enum StateFile {
    /// The most bytes read from a file; the rest is ignored.
    static let limitBytes = 64 << 20

    /// The content of the file at `path`; nil if it does not exist. Blocks.
    /// - Throws: `SystemError` with the failed call.
    package static func read(_ path: String) throws(SystemError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw SystemError("open")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw SystemError("fstat") }
        var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), limitBytes))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress.map { $0 + filled }, $0.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read") }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes[..<filled])
    }

    /// Writes `bytes` to a temporary file beside `path` and renames it to `path`. Creates `folder` if it is missing.
    /// Blocks.
    /// - Throws: `SystemError` with the failed call; the old file is then unchanged.
    package static func replace(_ path: String, in folder: String, with bytes: [UInt8]) throws(SystemError) {
        makeFolder(folder)
        let new = path + ".new"
        let file = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemError("open") }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + written }, $0.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = SystemError("write")
                close(file)
                unlink(new)
                throw error
            }
            written += count
        }
        guard close(file) == 0 else { throw SystemError("close") }
        guard rename(new, path) == 0 else { throw SystemError("rename") }
    }

    /// Creates a directory (mode 0700) and its missing parents. Errors are ignored: opening a file in it reports them.
    package static func makeFolder(_ folder: String) {
        guard mkdir(folder, 0o700) != 0, errno == ENOENT else { return }
        if let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
            makeFolder(String(folder[..<slash]))
            mkdir(folder, 0o700)
        }
    }
}

/// A small file, read in one piece.
package struct FileContents: Sendable, Equatable {
    package var bytes: [UInt8]
    /// Permission bits as in chmod(2).
    package var permissions: UInt32

    package init(_ bytes: [UInt8], permissions: UInt32 = 0o600) {
        self.bytes = bytes
        self.permissions = permissions
    }

    /// Reads `path`. Blocks.
    /// - Throws: `SystemError` with the failed call; code `EFBIG` if the file is larger than `limitBytes`.
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

    /// The names of all entries in `folder`, sorted, without `.` and `..`. Blocks.
    /// - Throws: `SystemError` for `opendir`.
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
