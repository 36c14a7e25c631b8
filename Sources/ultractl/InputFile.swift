import Glibc

/// The bytes of a file or of standard input.
struct InputFile {
    /// More than this cannot be sent anyway: the longest frame.
    private static let limitBytes = 16 * 1024 * 1024

    /// As the user wrote it, or `standard input`.
    let name: String
    let bytes: [UInt8]

    /// - Throws: `.usage` if there is no such file, it cannot be read, or it is over 16 MiB.
    init(path: String) throws(Failure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .usage("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var input = InputReader(name: path, descriptor: descriptor)
        try self.init(name: path) { () throws(Failure) in try input.read() }
    }

    /// Reads standard input to its end.
    ///
    /// - Parameter timeLimit: how long to wait for it; what was spent is taken off. `nil`: no limit.
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

    /// The text, if it is UTF-8 without NUL.
    var text: String? {
        bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    /// The media type of an image that providers take, told by its first bytes.
    var imageType: String? {
        func starts(with magic: [UInt8], at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: magic) }
        if starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
        if starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if starts(with: Array("GIF87a".utf8)) || starts(with: Array("GIF89a".utf8)) { return "image/gif" }
        if starts(with: Array("RIFF".utf8)), starts(with: Array("WEBP".utf8), at: 8) { return "image/webp" }
        return nil
    }

    /// The last part of the path.
    var lastComponent: String {
        name.split(separator: "/").last.map(String.init) ?? name
    }
}
