internal import Glibc
internal import UltraSystem

/// Figures of this process from the operating system.
enum ProcessFigures {
    /// Processor time in user and system mode (getrusage(2)).
    static var processorSeconds: Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Double(seconds) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// nil: /proc cannot be read.
    static var openDescriptors: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        // Not counted: `.`, `..`, and the descriptor of the folder itself.
        var count = -3
        while readdir(folder) != nil { count += 1 }
        return max(0, count)
    }

    static var descriptorLimit: Int? { DescriptorLimit.current }
}
