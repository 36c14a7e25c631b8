import Foundation

/// Runs `ultractl`, or a shell, with its own controlling terminal, and types keys.
final class TerminalSession: @unchecked Sendable {
    private let master: Int32
    private let slavePath: String
    /// Keeps the terminal alive, and shows how it was left.
    private let slave: Int32
    private let before: termios
    private let condition = NSCondition()
    // Under the condition's lock.
    private var screen: Screen
    private var bytes: [UInt8] = []
    private var written = ""
    private(set) var process: pid_t = 0

    init(
        _ arguments: [String], socket: String, columns: UInt16 = 80,
        rows: UInt16 = 24, environment: [String: String] = [:], program: String = Command.ultractl
    ) throws {
        // ioctl_tty(2): the Glibc module has neither posix_openpt(3) nor these numbers.
        let (unlock, number) = (UInt(0x4004_5431), UInt(0x8004_5430))
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var off: Int32 = 0
        var index: Int32 = 0
        guard ioctl(master, unlock, &off) == 0, ioctl(master, number, &index) == 0 else { throw POSIXError(.ENOTTY) }
        slavePath = "/dev/pts/\(index)"
        slave = open(slavePath, O_RDWR | O_NOCTTY | O_CLOEXEC)
        var attributes = termios()
        guard tcgetattr(slave, &attributes) == 0 else { throw POSIXError(.ENOTTY) }
        before = attributes
        screen = Screen(columns: Int(columns), rows: Int(rows))
        setSize(columns, rows)
        try start(
            program, arguments,
            ["PATH": "/usr/bin:/bin", "TERM": "xterm", "ULTRAD_SOCKET": socket].merging(environment) { $1 })
        Thread { [self] in readAll() }.start()
    }

    deinit {
        close(master)
        close(slave)
    }

    /// posix_spawn(3), as the leader of a session: the first terminal it opens is its controlling one.
    private func start(_ program: String, _ arguments: [String], _ environment: [String: String]) throws {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, slavePath, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        // Threads of a pool block signals, which a child would inherit; 0x80 is POSIX_SPAWN_SETSID.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | 0x80)
        let words = ([program] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + variables { free(word) } }
        let result = posix_spawn(&process, program, &actions, &attributes, words, variables)
        guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .EINVAL) }
    }

    private func readAll() {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(master, &chunk, chunk.count)
            guard count > 0 else { return }
            condition.lock()
            bytes += chunk[..<count]
            // Up to the last whole scalar.
            let end = bytes.lastIndex { $0 & 0xC0 != 0x80 } ?? 0
            let isWhole = bytes[end] < 0x80 || String(validating: bytes[end...], as: UTF8.self) != nil
            let text = String(decoding: isWhole ? bytes[...] : bytes[..<end], as: UTF8.self)
            bytes = isWhole ? [] : Array(bytes[end...])
            written += text
            screen.write(text)
            condition.broadcast()
            condition.unlock()
        }
    }

    // MARK: - At the keys

    func type(_ keys: String) {
        let bytes = Array(keys.utf8)
        _ = write(master, bytes, bytes.count)
    }

    func resize(columns: UInt16, rows: UInt16) {
        condition.withLock { screen.resize(columns: Int(columns), rows: Int(rows)) }
        setSize(columns, rows)
    }

    private func setSize(_ columns: UInt16, _ rows: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(0x5414), &size)
    }

    // MARK: - At the screen

    /// Waits until the screen meets a condition, or for a time limit; returns the screen.
    @discardableResult
    func wait(limit: Double = 10, until isRight: (Screen) -> Bool) -> Screen {
        condition.withLock {
            let end = Date(timeIntervalSinceNow: limit)
            while !isRight(screen), condition.wait(until: end) {}
            return screen
        }
    }

    @discardableResult
    func wait(for text: String) -> Screen {
        wait { $0.text.contains(text) }
    }

    /// Waits up to 20 seconds until a text was written this number of times; returns true if it was.
    func wait(for text: String, times: Int) -> Bool {
        condition.withLock {
            let end = Date(timeIntervalSinceNow: 20)
            while written.ranges(of: text).count < times, condition.wait(until: end) {}
            return written.ranges(of: text).count >= times
        }
    }

    /// All that was written so far, as it came.
    var transcript: String { condition.withLock { written } }

    /// The exit status, or the negative signal that ended it; after 10 seconds it is killed.
    func exitStatus() -> Int32 {
        var status: Int32 = 0
        for _ in 0..<2000 where waitpid(process, &status, WNOHANG) == 0 { usleep(5000) }
        if kill(process, 0) == 0 {
            kill(process, SIGKILL)
            waitpid(process, &status, 0)
        }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
    }

    /// Whether the terminal is as it was.
    var isRestored: Bool {
        var now = termios()
        tcgetattr(slave, &now)
        return now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag && now.c_oflag == before.c_oflag
    }
}
