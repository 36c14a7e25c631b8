internal import CSystemd
internal import Glibc

/// The limit on open file descriptors (`RLIMIT_NOFILE`): each client and each upstream connection takes one.
package enum DescriptorLimit {
    /// Raises the soft limit to the hard one.
    package static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        // If this is forbidden the old limit stays; `Listener` handles running out of descriptors.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// True if no descriptor can be opened now, because of the limit of this process or of the system.
    package static var isExhausted: Bool {
        let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard file < 0 else {
            close(file)
            return false
        }
        return errno == EMFILE || errno == ENFILE
    }

    /// The soft limit of descriptors (RLIMIT_NOFILE); nil if there is none.
    package static var current: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur > rlim_t(Int.max) ? nil : Int(limit.rlim_cur)
    }
}

/// Resident memory that the process does not need.
package enum UnusedMemory {
    /// From this length on, a block of the heap is mapped by itself.
    private static let mappedBytes: CInt = 256 << 10

    /// Maps long blocks, so that they are returned to the kernel as soon as they are freed. Otherwise malloc raises the
    /// limit to the longest block that was ever freed, and documents of many megabytes then leave gaps in the heap: the
    /// process keeps a multiple of what it holds.
    package static func mapLongBlocks() {
        csystemd_map_blocks(mappedBytes)
    }

    /// Returns memory to the kernel: the pages of read-only segments, and free heap pages (madvise(2),
    /// dl_iterate_phdr(3), malloc_trim(3)).
    ///
    /// Most of the read-only pages were used only at startup or by finished work: code, and tables of the dynamic
    /// linker. They are never written to, so nothing is lost: on next use the kernel maps them again from the page
    /// cache. The cost is not measurable in a request: the first one after a pause takes 0.8 ms either way.
    package static func release() {
        csystemd_release_read_only()
        csystemd_release_heap()
    }
}
