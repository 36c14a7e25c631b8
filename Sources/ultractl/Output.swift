import Glibc
import UltraAPI

/// Standard output or standard error, unbuffered.
struct Output {
    static let standardOutput = Output(descriptor: STDOUT_FILENO)
    static let standardError = Output(descriptor: STDERR_FILENO)

    let descriptor: Int32
    let isTerminal: Bool

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
    }

    /// True if lines written here may appear between lines of `other`: both are the same file or pipe, or this is a
    /// terminal and `other` a pipe, whose reader may print to the same terminal.
    func isShown(beside other: Output) -> Bool {
        var (own, others) = (stat(), stat())
        guard fstat(descriptor, &own) == 0, fstat(other.descriptor, &others) == 0 else { return false }
        if own.st_dev == others.st_dev, own.st_ino == others.st_ino { return own.st_mode & S_IFMT != S_IFCHR }
        return isTerminal && others.st_mode & S_IFMT == S_IFIFO
    }

    /// The size of the terminal in characters; `nil`: no terminal, or its size is unknown.
    var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// The width of the terminal in columns; `nil` as for `size`.
    var width: Int? { size?.columns }

    /// - Throws: `.outputFailed(EBADF)` if the descriptor is closed or open for reading only.
    func requireWritable() throws(Failure) {
        let flags = fcntl(descriptor, F_GETFL)
        if flags < 0 || flags & O_ACCMODE == O_RDONLY { throw .outputFailed(EBADF) }
    }

    /// Writes JSON: unchanged to a file or pipe, and with control characters escaped to a terminal.
    func write(json: [UInt8]) throws(Failure) {
        try write(isTerminal ? TerminalJSON.escaped(json) : json)
    }

    func write(_ text: String) throws(Failure) {
        try write(Array(text.utf8))
    }

    func write(_ bytes: [UInt8]) throws(Failure) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in try write(UnsafeRawBufferPointer(bytes)) }
    }

    /// Writes all of `bytes`, and blocks while the reader is slow.
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
                // Another process that shares the open file made it nonblocking.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            case EPIPE: throw .outputClosed
            default: throw .outputFailed(errno)
            }
        }
    }
}

/// Descriptors 0, 1 and 2, which the parent process may have closed.
enum StandardStreams {
    /// Opens `/dev/null` on each closed descriptor, so that no file or socket gets its number and then receives output.
    ///
    /// Must be called before anything else is opened. Standard output is opened for reading, so that writing to it fails
    /// with EBADF as on a closed descriptor; standard input is empty; standard error is discarded.
    static func open() {
        for (descriptor, mode) in [(STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY)]
        where fcntl(descriptor, F_GETFD) < 0 {
            // open(2) returns the lowest free number, which is this one. It fails only without /dev/null: ignoring.
            _ = Glibc.open("/dev/null", mode)
        }
    }
}
