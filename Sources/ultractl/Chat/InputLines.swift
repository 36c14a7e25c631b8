import Glibc

/// The lines of standard input as they come; one that ends in a backslash goes on in the next.
struct InputLines {
    /// A longer line cannot be sent anyway: the longest frame.
    private static let limitBytes = 16 * 1024 * 1024

    private var bytes: [UInt8] = []
    private var isAtEnd = false

    /// The next line without its end; `nil`: there is none.
    mutating func next() throws(Failure) -> String? {
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
            var chunk = [UInt8](repeating: 0, count: 64 * 1024)
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .usage("standard input: \(String(cString: strerror(errno)))") }
            bytes += chunk[..<count]
            isAtEnd = count == 0
        }
    }
}
