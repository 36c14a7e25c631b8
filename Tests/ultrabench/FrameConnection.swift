import Glibc

/// One connection to the daemon with its raw protocol.
final class FrameConnection {
    /// The kind of a frame, by the first letter or two of its `event`.
    enum Kind { case start, delta, result, done, error, other }

    let fd: CInt
    private let input: UnsafeMutableRawPointer
    private let capacity = 1 << 20
    private var begin = 0
    private var end = 0

    init(_ path: String) throws {
        fd = try Loopback.connect(unix: path)
        input = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        close(fd)
        input.deallocate()
    }

    /// `json` with its length before it.
    static func frame(_ json: String) -> [UInt8] {
        let length = UInt32(json.utf8.count)
        return withUnsafeBytes(of: length.bigEndian) { Array($0) } + Array(json.utf8)
    }

    func send(_ frame: [UInt8]) throws {
        let count = Glibc.send(fd, frame, frame.count, CInt(MSG_NOSIGNAL))
        guard count == frame.count else { throw BenchError("the daemon did not take a request") }
    }

    /// Reads once, then calls `body` with every whole frame.
    func receive(_ body: (_ id: Int, _ kind: Kind, _ json: UnsafeRawBufferPointer) throws -> Void) throws {
        if begin > 0 {
            memmove(input, input + begin, end - begin)
            (begin, end) = (0, end - begin)
        }
        let count = recv(fd, input + end, capacity - end, CInt(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { throw BenchError("the daemon closed the connection") }
        end += count
        while end - begin >= 4 {
            let length = Int(UInt32(bigEndian: (input + begin).loadUnaligned(as: UInt32.self)))
            guard length <= capacity - 4 else { throw BenchError("a frame of \(length) bytes") }
            guard end - begin - 4 >= length else { return }
            let json = UnsafeRawBufferPointer(start: input + begin + 4, count: length)
            begin += 4 + length
            let (id, kind) = try Self.read(json)
            try body(id, kind, json)
        }
    }

    /// Every frame of the daemon begins with `{"id":N,"event":"`.
    private static func read(_ json: UnsafeRawBufferPointer) throws -> (Int, Kind) {
        var index = 6
        var id = 0
        while index < json.count, (48...57).contains(json[index]) {
            id = id * 10 + Int(json[index] - 48)
            index += 1
        }
        index += 10
        guard index + 1 < json.count else { throw BenchError("no frame: \(String(decoding: json, as: UTF8.self))") }
        let (first, second) = (json[index], json[index + 1])
        switch (first, second) {
        case (UInt8(ascii: "s"), UInt8(ascii: "t")): return (id, .start)
        case (UInt8(ascii: "d"), UInt8(ascii: "e")): return (id, .delta)
        case (UInt8(ascii: "d"), UInt8(ascii: "o")): return (id, .done)
        case (UInt8(ascii: "r"), UInt8(ascii: "e")): return (id, .result)
        case (UInt8(ascii: "e"), UInt8(ascii: "r")): return (id, .error)
        default: return (id, .other)
        }
    }
}
