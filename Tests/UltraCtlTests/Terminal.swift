import Foundation
import Synchronization

/// A terminal of a given width, and the output of a program to it; newlines are CR LF.
final class Terminal: Sendable {
    private let master: Int32
    private let slave: FileHandle
    private let written = Mutex<[UInt8]>([])
    private let isClosed = DispatchSemaphore(value: 0)

    init(columns: UInt16 = 80) throws {
        // ioctl_tty(2): the Glibc module has neither posix_openpt(3) nor these numbers.
        let (unlock, number, setSize) = (UInt(0x4004_5431), UInt(0x8004_5430), UInt(0x5414))
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var off: Int32 = 0
        var index: Int32 = 0
        guard ioctl(master, unlock, &off) == 0, ioctl(master, number, &index) == 0 else { throw POSIXError(.ENOTTY) }
        slave = FileHandle(
            fileDescriptor: open("/dev/pts/\(index)", O_RDWR | O_NOCTTY | O_CLOEXEC), closeOnDealloc: true)
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard ioctl(master, setSize, &size) == 0 else { throw POSIXError(.ENOTTY) }
        // A pseudo-terminal buffers only a page, so it must be read while the program writes.
        Thread { [self] in
            var bytes = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(master, &bytes, bytes.count)
                guard count > 0 else { break }
                written.withLock { $0 += bytes[..<count] }
            }
            isClosed.signal()
        }.start()
    }

    deinit { close(master) }

    /// Runs `ultractl` with both outputs on the terminal and returns all that arrives there, and the exit status.
    func ultractl(
        _ arguments: [String], socket: String, environment: [String: String] = [:]
    ) throws -> (text: String, status: Int32) {
        let command = try Command.run(
            Command.ultractl, arguments,
            environment: environment.merging(["ULTRAD_SOCKET": socket, "TERM": "xterm"]) { $1 }, terminal: slave)
        try slave.close()
        isClosed.wait()
        return (String(decoding: written.withLock { $0 }, as: UTF8.self), command.status)
    }
}
