import Glibc

/// The lines of standard input as they come; one that ends in a backslash goes on in the next.
struct InputLines {
    /// A longer line cannot be sent anyway: the longest frame.
    private static let limitBytes = 16 * 1024 * 1024

    private let timeLimit: Duration?
    private var input: InputReader
    private var bytes: [UInt8] = []
    private var isAtEnd = false

    /// - Parameter timeLimit: how long one line may be waited for; `nil`: no limit.
    init(timeLimit: Duration?) {
        self.timeLimit = timeLimit
        input = InputReader(timeLimit: timeLimit)
    }

    /// The next line without its end; `nil`: there is none.
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
