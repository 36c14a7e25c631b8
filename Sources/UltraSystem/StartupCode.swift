internal import CSystemd

/// The machine code of the program and its libraries that only the start needed.
package enum StartupCode {
    /// Gives up every page of code that is mapped: the start touches much that never runs again, configuration, static
    /// initialisers and the dynamic linker's work. What is needed comes back from the page cache when it is next run;
    /// nothing is lost, for code is never written to. madvise(2), dl_iterate_phdr(3).
    package static func release() {
        csystemd_release_code()
    }
}
