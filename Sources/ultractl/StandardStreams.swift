import Glibc

/// Descriptors 0, 1 and 2, which whoever starts a program may have closed.
enum StandardStreams {
    /// Opens those that are closed on `/dev/null`, so that no file or socket gets their numbers and then receives what
    /// is printed. Called before anything else is opened.
    ///
    /// Standard output is opened for reading: writing to it fails with EBADF, as to a closed one. Standard input is
    /// empty, and what goes to standard error vanishes.
    static func open() {
        for (descriptor, mode) in [(STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY)]
        where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number: those below are open. Without /dev/null there is nothing to do about it: ignoring.
            _ = Glibc.open("/dev/null", mode)
        }
    }
}
