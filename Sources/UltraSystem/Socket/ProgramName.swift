internal import Glibc

/// What a process calls itself: `/proc/PID/comm`, at most 15 bytes, the process's own choice.
enum ProgramName {
    /// nil: the process is gone, or lives in another namespace.
    static func read(of process: Int32) -> String? {
        guard process > 0 else { return nil }
        let file = open("/proc/\(process)/comm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            var count = Glibc.read(file, buffer.baseAddress, buffer.count)
            guard count > 0 else { return nil }
            if buffer[count - 1] == UInt8(ascii: "\n") { count -= 1 }
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }
}
