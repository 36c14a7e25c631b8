import Glibc

/// Resources that a process has used so far, from proc(5).
struct ProcessUsage {
    /// Time on a processor, all threads: `schedstat`, in nanoseconds.
    let cpuNanoseconds: UInt64

    init(_ pid: pid_t) {
        cpuNanoseconds = Self.threads(pid).reduce(0) { $0 + Self.nanoseconds(pid, $1) }
    }

    /// Processor time of the main thread, which is the daemon's loop.
    static func mainThreadNanoseconds(_ pid: pid_t) -> UInt64 { nanoseconds(pid, "\(pid)") }

    private static func nanoseconds(_ pid: pid_t, _ thread: String) -> UInt64 {
        let fields = readFile("/proc/\(pid)/task/\(thread)/schedstat").split(separator: " ")
        return fields.first.flatMap { UInt64($0) } ?? 0
    }

    /// Resident memory, in kilobytes.
    static func residentKilobytes(_ pid: pid_t) -> Int {
        let line = readFile("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return line.split { !("0"..."9").contains($0) }.first.flatMap { Int($0) } ?? 0
    }

    static func threads(_ pid: pid_t) -> [String] { list("/proc/\(pid)/task") }

    static func children(_ pid: pid_t) -> [pid_t] {
        readFile("/proc/\(pid)/task/\(pid)/children").split(separator: " ").compactMap { pid_t($0) }
    }

    private static func list(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}

/// The content of a small file; empty if it cannot be read.
func readFile(_ path: String) -> String {
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { return "" }
    defer { close(fd) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = read(fd, &buffer, buffer.count)
        guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
        bytes += buffer[..<count]
    }
}
