import Glibc

/// Placement of the processes, and facts about this machine.
enum Machine {
    /// The processor of the proxy under test, which has it for itself.
    static let proxyCPU = 0
    /// The processor that client and upstream share, in every path.
    static let clientCPU = 1

    static var processor: String {
        let line = readFile("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") } ?? ""
        return String(line.drop { $0 != ":" }.dropFirst(2))
    }

    static var kernel: String {
        String(readFile("/proc/sys/kernel/osrelease").prefix { $0 != "\n" })
    }

    /// Raises the soft limit of descriptors to the hard limit, for this process and its children.
    static func raiseDescriptorLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Busy time of a processor since boot, for all processes: proc(5), `/proc/stat`, in clock ticks.
    static func busyTicks(cpu: Int) -> Int {
        let line = readFile("/proc/stat").split(separator: "\n").first { $0.hasPrefix("cpu\(cpu) ") } ?? ""
        let ticks = line.split(separator: " ").dropFirst().compactMap { Int($0) }
        // user nice system idle iowait irq softirq steal; the time of guests is part of user.
        guard ticks.count >= 8 else { return 0 }
        return ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]
    }

    static let ticksPerSecond = Double(sysconf(CInt(_SC_CLK_TCK)))
}
