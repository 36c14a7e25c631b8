internal import UltraSystem

/// How many bytes clients may make the daemon hold where `limits.memory` leaves it open: half of what the control group
/// may use, the other half being the daemon itself and the copies of one turn of the loop.
enum MemoryBudget {
    /// Where no control group sets a bound.
    static let fallback = 128_000_000

    static var ofThisMachine: Int { bytes(read: Self.read) }

    /// - Parameter read: the text of a file; nil: there is none.
    static func bytes(read: (String) -> String?) -> Int {
        guard let limit = limit(read: read) else { return fallback }
        return max(Limits.leastMemory, limit / 2)
    }

    /// The least `memory.max` of the process's control group and those around it (cgroup v2; cgroups(7)); nil: none.
    private static func limit(read: (String) -> String?) -> Int? {
        guard let groups = read("/proc/self/cgroup"),
            let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return nil }
        var path = String(line.dropFirst(3))
        var least: Int?
        while true {
            let place = path == "/" ? "" : path
            if let text = read("/sys/fs/cgroup\(place)/memory.max"), let bytes = Int(text.prefix { $0.isNumber }) {
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
