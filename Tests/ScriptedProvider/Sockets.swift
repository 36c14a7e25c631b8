import CLinux
import Glibc

/// Calls a function of the C library whose failure ends the test.
package struct SystemError: Error, CustomStringConvertible {
    package let call: String
    package let code: CInt

    package init(_ call: String, code: CInt = errno) {
        self.call = call
        self.code = code
    }

    package var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// The address of a provider.
package enum Address: Sendable, Equatable {
    /// 127.0.0.1; 0 lets the kernel choose.
    case loopback(port: UInt16)
    /// A Unix socket at this path.
    case unix(path: String)
}

enum Sockets {
    static func check(_ call: String, _ result: CInt) throws(SystemError) -> CInt {
        guard result >= 0 else { throw SystemError(call) }
        return result
    }

    /// A nonblocking socket bound to `address`; it does not listen yet.
    static func bind(_ address: Address) throws(SystemError) -> CInt {
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let family = if case .loopback = address { AF_INET } else { AF_UNIX }
        let fd = try check("socket", socket(family, type, 0))
        if case .loopback = address { setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1) }
        guard withAddress(address, { Glibc.bind(fd, $0, $1) }) == 0 else {
            defer { close(fd) }
            throw SystemError("bind")
        }
        return fd
    }

    /// A socket connected to `address`; a nonblocking one may still be connecting.
    static func connect(_ address: Address, blocks: Bool = false) throws(SystemError) -> CInt {
        var type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        if !blocks { type |= CInt(SOCK_NONBLOCK.rawValue) }
        let family = if case .loopback = address { AF_INET } else { AF_UNIX }
        let fd = try check("socket", socket(family, type, 0))
        guard withAddress(address, { Glibc.connect(fd, $0, $1) }) == 0 || errno == EINPROGRESS else {
            defer { close(fd) }
            throw SystemError("connect")
        }
        return fd
    }

    static func port(of fd: CInt) -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutableBytes(of: &address) { bytes in
            getsockname(fd, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        return UInt16(bigEndian: address.sin_port)
    }

    static func setOption(_ fd: CInt, _ level: CInt, _ option: CInt, _ value: CInt) {
        var value = value
        setsockopt(fd, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Makes the next `close(fd)` send RST instead of FIN.
    static func resetOnClose(_ fd: CInt) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    private static func withAddress(
        _ address: Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        func call<T>(_ value: T) -> CInt {
            withUnsafeBytes(of: value) { bytes in
                body(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
            }
        }
        switch address {
        case .loopback(let port):
            var inet = sockaddr_in()
            inet.sin_family = sa_family_t(AF_INET)
            inet.sin_port = port.bigEndian
            inet.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return call(inet)
        case .unix(let path):
            var unix = sockaddr_un()
            unix.sun_family = sa_family_t(AF_UNIX)
            precondition(path.utf8.count < MemoryLayout.size(ofValue: unix.sun_path), "path too long for a socket")
            withUnsafeMutableBytes(of: &unix.sun_path) { $0.copyBytes(from: path.utf8) }
            return call(unix)
        }
    }
}

/// Formats a time relative to now with `strftime`, in UTC.
func formatUTC(_ format: String, secondsFromNow: Int) -> String {
    var seconds = time(nil) + secondsFromNow
    var parts = tm()
    gmtime_r(&seconds, &parts)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
        strftime(buffer.baseAddress, buffer.count, format, &parts)
        return String(cString: buffer.baseAddress!)
    }
}
