internal import CSystemd
internal import Glibc

/// Small files that are replaced as a whole, readable by the owner alone.
package enum StateFile {
    /// Longest file that is read.
    static let limitBytes = 64 << 20

    /// The file's content; nil: there is none.
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

    /// Writes `bytes` to a file beside `path` and gives it that name. `folder` is made if it is missing.
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

    /// Makes what is missing of the path; where that fails, opening says why.
    package static func makeFolder(_ folder: String) {
        guard mkdir(folder, 0o700) != 0, errno == ENOENT else { return }
        if let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
            makeFolder(String(folder[..<slash]))
            mkdir(folder, 0o700)
        }
    }
}
