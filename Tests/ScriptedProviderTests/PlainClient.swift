import Glibc
import ScriptedProvider

/// A blocking TCP client without HTTP. Every call times out, by default after five seconds.
final class PlainClient {
    enum Ending: Equatable { case end, reset, silence }

    private let fd: CInt

    init(port: UInt16, patience milliseconds: Int = 5000) throws {
        fd = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafeBytes(of: &address) {
            connect(fd, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        // `deinit` closes the socket, since the object is fully initialised here.
        guard result == 0 else { throw SystemError("connect") }
    }

    deinit { Glibc.close(fd) }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard Glibc.send(fd, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count else {
            throw SystemError("send")
        }
    }

    /// Sends a POST with `Content-Length` and the given JSON.
    func post(_ path: String, _ body: String = "{}") throws {
        try send("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// Reads until the text ends in `suffix`, the connection ends, or nothing arrives for `silence` milliseconds.
    func read(until suffix: String? = nil, silence milliseconds: Int = 5000) -> (text: String, ending: Ending?) {
        var limit = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let text = String(decoding: all, as: UTF8.self)
            if let suffix, text.hasSuffix(suffix) { return (text, nil) }
            let count = recv(fd, &buffer, buffer.count, 0)
            if count == 0 { return (text, .end) }
            if count < 0 { return (text, errno == ECONNRESET ? .reset : .silence) }
            all += buffer[..<count]
        }
    }

    /// The number of received bytes that were not read yet.
    func unread() -> Int {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        return recv(fd, &buffer, buffer.count, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT))
    }
}
