internal import Glibc
internal import UltraSystem

/// This process as others see it.
enum ProcessFigures {
    /// Processor time in user and system mode (getrusage(2)).
    static var processorSeconds: Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Double(seconds) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// nil where /proc cannot be read.
    static var openDescriptors: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        // Neither . nor .., nor the one that reads.
        var count = -3
        while readdir(folder) != nil { count += 1 }
        return max(0, count)
    }

    static var descriptorLimit: Int? { DescriptorLimit.current }
}
