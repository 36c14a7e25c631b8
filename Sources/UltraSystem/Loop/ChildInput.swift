internal import CSystemd
internal import Glibc

/// All of a child's standard input, known beforehand: a file in memory.
///
/// Unlike a pipe it needs no writing later and breaks on nobody, and unlike a file it has no name.
package struct ChildInput: ~Copyable {
    /// For `ChildProcess(input:)`; closed when this goes.
    package let descriptor: CInt

    package init(_ bytes: [UInt8]) throws(SystemError) {
        descriptor = csystemd_memory_file("input")
        guard descriptor >= 0 else { throw SystemError("memfd_create") }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError("write") }
            written += count
        }
        lseek(descriptor, 0, SEEK_SET)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
