import Glibc
import UltraAPI

/// Standard output or standard error, unbuffered: what is written is out.
struct Output {
    static let standardOutput = Output(descriptor: STDOUT_FILENO)
    static let standardError = Output(descriptor: STDERR_FILENO)

    let descriptor: Int32
    let isTerminal: Bool

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
    }

    /// Whether lines written here may appear among those of `other`: both are the same file or pipe, or this is a
    /// terminal and the other a pipe, whose reader may print to the terminal.
    func isShown(beside other: Output) -> Bool {
        var (own, others) = (stat(), stat())
        guard fstat(descriptor, &own) == 0, fstat(other.descriptor, &others) == 0 else { return false }
        if own.st_dev == others.st_dev, own.st_ino == others.st_ino { return own.st_mode & S_IFMT != S_IFCHR }
        return isTerminal && others.st_mode & S_IFMT == S_IFIFO
    }

    /// The terminal's; `nil`: there is none, or it does not say.
    var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Columns of the terminal.
    var width: Int? { size?.columns }

    /// - Throws: `.outputFailed` if the descriptor is closed, or open for reading only.
    func requireWritable() throws(Failure) {
        let flags = fcntl(descriptor, F_GETFL)
        if flags < 0 || flags & O_ACCMODE == O_RDONLY { throw .outputFailed(EBADF) }
    }

    /// Writes JSON: to a file or pipe as it is, to a terminal with escapes in place of what would drive it.
    func write(json: [UInt8]) throws(Failure) {
        try write(isTerminal ? TerminalJSON.escaped(json) : json)
    }

    func write(_ text: String) throws(Failure) {
        try write(Array(text.utf8))
    }

    func write(_ bytes: [UInt8]) throws(Failure) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in try write(UnsafeRawBufferPointer(bytes)) }
    }

    /// Writes all of `bytes`, waiting for a slow reader.
    ///
    /// - Throws: `.outputClosed`, `.outputFailed`.
    func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: break
            case EAGAIN:
                // Somebody else made the open file nonblocking.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            case EPIPE: throw .outputClosed
            default: throw .outputFailed(errno)
            }
        }
    }
}

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
