import CLinux
import Glibc

/// A process that this run started, and which ends with it.
final class ChildProcess {
    let pid: pid_t
    /// The parent's end of its standard output.
    private let output: CInt
    /// The parent's end of its standard input: closing it ends an upstream.
    private let input: CInt
    private var hasEnded = false

    /// Starts `path` on the given processor, with exactly this environment.
    init(_ path: String, _ arguments: [String], environment: [String: String] = [:], cpu: Int) throws {
        var outputPipe: [CInt] = [0, 0]
        var inputPipe: [CInt] = [0, 0]
        try BenchError.check("pipe", pipe(&outputPipe))
        try BenchError.check("pipe", pipe(&inputPipe))
        for fd in [outputPipe[0], inputPipe[1]] { _ = fcntl(fd, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputPipe[0], 0)
        posix_spawn_file_actions_adddup2(&actions, outputPipe[1], 1)
        for fd in [inputPipe[0], outputPipe[1]] { posix_spawn_file_actions_addclose(&actions, fd) }

        // The child inherits the processor: set before it has a thread of its own.
        clinux_pin_to_cpu(0, CInt(cpu))
        defer { clinux_pin_to_cpu(0, CInt(Machine.clientCPU)) }
        var pid: pid_t = 0
        let code = withCStrings([path] + arguments) { argv in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { envp in
                posix_spawnp(&pid, path, &actions, nil, argv, envp)
            }
        }
        close(inputPipe[0])
        close(outputPipe[1])
        (input, output) = (inputPipe[1], outputPipe[0])
        self.pid = pid
        guard code == 0 else {
            hasEnded = true
            throw BenchError("\(path): \(String(cString: strerror(code)))")
        }
        Children.add(pid)
    }

    deinit {
        end()
        close(input)
        close(output)
    }

    /// The next line of its output.
    func readLine() throws -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1, byte != 10 { line.append(byte) }
        guard byte == 10 else { throw BenchError("process \(pid) ended without saying that it is ready") }
        return String(decoding: line, as: UTF8.self)
    }

    /// SIGTERM, and SIGKILL after two seconds.
    func end() {
        guard !hasEnded else { return }
        kill(pid, SIGTERM)
        let deadline = nowNanoseconds() + 2_000_000_000
        var status: CInt = 0
        while waitpid(pid, &status, WNOHANG) == 0 {
            if nowNanoseconds() > deadline { kill(pid, SIGKILL) }
            usleep(1000)
        }
        hasEnded = true
        Children.remove(pid)
    }

    /// Waits for it to end by itself; its exit code, or 128 and the signal.
    func wait() -> Int {
        guard !hasEnded else { return -1 }
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        hasEnded = true
        Children.remove(pid)
        return Int(status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f))
    }
}

/// The children that run now, for a signal handler: an array in plain memory, 0 where it is free.
enum Children {
    private static let capacity = 64
    nonisolated(unsafe) private static let pids: UnsafeMutablePointer<pid_t> = {
        let pids = UnsafeMutablePointer<pid_t>.allocate(capacity: capacity)
        pids.initialize(repeating: 0, count: capacity)
        return pids
    }()

    static func add(_ pid: pid_t) { replace(0, by: pid) }
    static func remove(_ pid: pid_t) { replace(pid, by: 0) }

    private static func replace(_ old: pid_t, by new: pid_t) {
        for index in 0..<capacity where pids[index] == old {
            pids[index] = new
            return
        }
    }

    /// Takes the children along when this process is interrupted.
    static func endWithThisProcess() {
        _ = pids  // Made now: a signal handler must not allocate.
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                for index in 0..<Children.capacity where Children.pids[index] > 0 {
                    kill(Children.pids[index], SIGKILL)
                }
                _exit(128 + number)
            }
        }
    }
}

private func withCStrings<T>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> T
) -> T {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
}
