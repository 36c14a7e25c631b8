internal import UltraSystem

/// The default of `limits.memory`: half of the control group's `memory.max`. The other half is for the daemon itself
/// and for the copies made during one turn of the loop.
enum MemoryBudget {
    /// Bytes, if no control group sets a limit.
    static let fallback = 128_000_000

    /// Bytes, for the control group of this process.
    static var ofThisMachine: Int { bytes(read: Self.read) }

    /// The default in bytes; at least `Limits.leastMemory`.
    /// - Parameter read: returns the text of a file; nil: it cannot be read.
    static func bytes(read: (String) -> String?) -> Int {
        guard let limit = limit(read: read) else { return fallback }
        return max(Limits.leastMemory, limit / 2)
    }

    /// The smallest `memory.max` of the process's control group and its ancestors, in bytes (cgroup v2, cgroups(7));
    /// nil: none is set.
    private static func limit(read: (String) -> String?) -> Int? {
        guard let groups = read("/proc/self/cgroup"),
            let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return nil }
        var path = String(line.dropFirst(3))
        var least: Int?
        while true {
            let group = path == "/" ? "" : path
            if let text = read("/sys/fs/cgroup\(group)/memory.max"), let bytes = Int(text.prefix { $0.isNumber }) {
                least = min(least ?? bytes, bytes)
            }
            guard let slash = path.lastIndex(of: "/"), path != "/" else { return least }
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
    }

    private static func read(_ path: String) -> String? {
        do throws(SystemError) {
            return String(decoding: try FileContents.read(path).bytes, as: UTF8.self)
        } catch {
            return nil
        }
    }
}
