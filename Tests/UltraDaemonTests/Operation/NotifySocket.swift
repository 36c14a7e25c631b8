import Foundation
import ScriptedProvider

/// The service manager's end of `sd_notify(3)`.
final class NotifySocket {
    let path: String
    private let folder: TemporaryFolder
    private let descriptor: Int32

    init() throws {
        folder = try TemporaryFolder("ultra-notify")
        path = "\(folder.path)/notify"
        descriptor = try Self.bind(path)
    }

    deinit { close(descriptor) }

    /// A datagram socket on `path`.
    static func bind(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw ClientError(what: "bind \(path): errno \(errno)") }
        return descriptor
    }

    /// The next datagram; nil: none arrived in time.
    static func receive(_ descriptor: Int32, milliseconds: Int32) -> [UInt8]? {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, milliseconds) == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count < 0 ? nil : Array(bytes[..<count])
    }

    /// The assignments of the next message; nil: none arrived in time.
    func next(milliseconds: Int32 = 10_000) -> [String]? {
        Self.receive(descriptor, milliseconds: milliseconds).map {
            String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    /// The first message with an assignment that begins with `prefix`, and the messages before it.
    @discardableResult
    func next(_ prefix: String) throws -> (message: [String], before: [[String]]) {
        var before: [[String]] = []
        while let message = next() {
            if message.contains(where: { $0.hasPrefix(prefix) }) { return (message, before) }
            before.append(message)
        }
        throw ClientError(what: "no \(prefix) came, but \(before)")
    }
}
