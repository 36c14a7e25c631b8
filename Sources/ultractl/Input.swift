import Glibc

/// Reads a descriptor piece by piece, with a limit on the total time spent waiting.
struct InputReader {
    /// The path, or `standard input`; error messages begin with it.
    let name: String
    /// The rest of the time limit, of which only waiting is deducted; `nil`: no limit.
    private(set) var timeLeft: Duration?
    private let timeLimit: Duration?
    private let descriptor: Int32
    private var chunk = [UInt8](repeating: 0, count: 64 * 1024)

    /// - Parameter timeLimit: how long all calls of `read()` together may wait; `nil`: no limit.
    init(name: String = "standard input", descriptor: Int32 = STDIN_FILENO, timeLimit: Duration? = nil) {
        self.name = name
        self.descriptor = descriptor
        self.timeLimit = timeLimit
        timeLeft = timeLimit
    }

    /// Returns the next bytes; none at the end of the file.
    ///
    /// - Throws: `.usage` if read(2) fails, `.inputTimedOut`.
    mutating func read() throws(Failure) -> ArraySlice<UInt8> {
        while true {
            try wait()
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count >= 0 { return chunk[..<count] }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Another process that shares the open file made it nonblocking.
                var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                poll(&ready, 1, timeLeft?.pollMilliseconds ?? -1)
            default: throw .usage("\(name): \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Waits for input within the time limit; without one, read(2) itself waits.
    private mutating func wait() throws(Failure) {
        guard let timeLimit, let left = timeLeft else { return }
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, 0) == 0 else { return }
        let start = ContinuousClock.now
        poll(&ready, 1, left.pollMilliseconds)
        let rest = left - start.duration(to: .now)
        timeLeft = max(.milliseconds(1), rest)
        if ready.revents == 0, rest <= .zero { throw .inputTimedOut(timeLimit) }
    }
}

/// The bytes of a file or of standard input.
struct InputFile {
    /// The daemon's default for the longest frame: a longer file could not be sent.
    private static let limitBytes = 16 * 1024 * 1024

    /// The path as given, or `standard input`.
    let name: String
    let bytes: [UInt8]

    /// - Throws: `.usage` if the file cannot be opened or read, or is longer than 16 MiB.
    init(path: String) throws(Failure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .usage("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var input = InputReader(name: path, descriptor: descriptor)
        try self.init(name: path) { () throws(Failure) in try input.read() }
    }

    /// Reads standard input to its end.
    ///
    /// - Parameter timeLimit: the longest wait, from which the time spent is deducted; `nil`: no limit.
    /// - Throws: `.usage`, `.inputTimedOut`.
    static func standardInput(within timeLimit: inout Duration?) throws(Failure) -> InputFile {
        var input = InputReader(timeLimit: timeLimit)
        let file = try InputFile(name: input.name) { () throws(Failure) in try input.read() }
        timeLimit = input.timeLeft
        return file
    }

    private init(name: String, read: () throws(Failure) -> ArraySlice<UInt8>) throws(Failure) {
        var bytes: [UInt8] = []
        while true {
            let chunk = try read()
            guard !chunk.isEmpty else { break }
            bytes += chunk
            guard bytes.count <= Self.limitBytes else { throw .usage("\(name): longer than 16 MiB") }
        }
        self.name = name
        self.bytes = bytes
    }

    /// The text; `nil`: not UTF-8, or with a NUL.
    var text: String? {
        bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    /// The media type of an image, recognised by its first bytes; `nil`: not an image that providers accept.
    var imageType: String? {
        func starts(with magic: [UInt8], at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: magic) }
        if starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
        if starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if starts(with: Array("GIF87a".utf8)) || starts(with: Array("GIF89a".utf8)) { return "image/gif" }
        if starts(with: Array("RIFF".utf8)), starts(with: Array("WEBP".utf8), at: 8) { return "image/webp" }
        return nil
    }

    /// The name without its directories.
    var lastComponent: String {
        name.split(separator: "/").last.map(String.init) ?? name
    }
}

/// Reads standard input line by line; a backslash at the end of a line continues it on the next.
struct InputLines {
    /// The daemon's default for the longest frame: a longer line could not be sent.
    private static let limitBytes = 16 * 1024 * 1024

    private let timeLimit: Duration?
    private var input: InputReader
    private var bytes: [UInt8] = []
    private var isAtEnd = false

    /// - Parameter timeLimit: the longest wait for one line; `nil`: no limit.
    init(timeLimit: Duration?) {
        self.timeLimit = timeLimit
        input = InputReader(timeLimit: timeLimit)
    }

    /// Returns the next line without its line end; `nil`: end of input.
    ///
    /// - Throws: `.usage` if it is not UTF-8 or longer than 16 MiB, `.inputTimedOut`.
    mutating func next() throws(Failure) -> String? {
        input = InputReader(timeLimit: timeLimit)
        guard var line = try nextPart() else { return nil }
        while line.last == UInt8(ascii: "\\"), let more = try nextPart() {
            line[line.count - 1] = UInt8(ascii: "\n")
            line += more
        }
        guard let text = String(validating: line, as: UTF8.self) else {
            throw .usage("standard input is not UTF-8 text")
        }
        return text
    }

    private mutating func nextPart() throws(Failure) -> [UInt8]? {
        while true {
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                defer { bytes.removeFirst(end + 1) }
                return Array(bytes[..<end].last == UInt8(ascii: "\r") ? bytes[..<(end - 1)] : bytes[..<end])
            }
            guard !isAtEnd else {
                defer { bytes = [] }
                return bytes.isEmpty ? nil : bytes
            }
            guard bytes.count <= Self.limitBytes else { throw .usage("a line of standard input is over 16 MiB") }
            let chunk = try input.read()
            bytes += chunk
            isAtEnd = chunk.isEmpty
        }
    }
}
