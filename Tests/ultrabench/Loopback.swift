import Glibc

/// Connected and bound sockets of this machine.
enum Loopback {
    /// A port that was free just now.
    static func freePort() throws -> UInt16 {
        let fd = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(fd) }
        var address = inet(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            return bind(fd, pointer, length) == 0 ? getsockname(fd, pointer, &length) : -1
        }
        try BenchError.check("bind", result)
        return UInt16(bigEndian: address.sin_port)
    }

    /// A blocking connection.
    static func connect(port: UInt16) throws -> CInt {
        try connect(AF_INET, inet(port: port))
    }

    /// A blocking connection.
    static func connect(unix path: String) throws -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw BenchError("too long for a socket: \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return try connect(AF_UNIX, address)
    }

    private static func connect<T>(_ family: CInt, _ address: T) throws -> CInt {
        let fd = socket(family, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        let result = withUnsafeBytes(of: address) {
            Glibc.connect(fd, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        guard result == 0 else {
            let error = BenchError("connect: \(String(cString: strerror(errno)))")
            close(fd)
            throw error
        }
        return fd
    }

    private static func inet(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
