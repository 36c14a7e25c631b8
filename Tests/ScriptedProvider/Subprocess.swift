import CLinux
import Glibc

/// A program that a test or a measurement started. It ends with this object.
package final class Subprocess {
    package let pid: Int32
    /// The parent's end of its standard output.
    private let output: CInt
    /// The parent's end of its standard input.
    private var input: CInt?
    private var hasEnded = false

    /// Starts `path`, which is searched in `PATH` if it has no slash, with exactly this environment.
    ///
    /// - Parameter cpu: The only processor the program may use; nil: that of the caller.
    package init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], cpu: Int? = nil
    ) throws(SystemError) {
        var outputPipe: [CInt] = [0, 0]
        var inputPipe: [CInt] = [0, 0]
        _ = try Sockets.check("pipe2", clinux_pipe(&outputPipe))
        _ = try Sockets.check("pipe2", clinux_pipe(&inputPipe))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputPipe[0], 0)
        posix_spawn_file_actions_adddup2(&actions, outputPipe[1], 1)

        // Threads of Swift's pool block all signals, and a child would inherit the mask.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        // The child inherits the processor, so it is set before the child has threads.
        let mask = clinux_processors()
        if let cpu { clinux_pin_to_cpu(0, CInt(cpu)) }
        defer { if cpu != nil { clinux_set_processors(mask) } }
        var pid: pid_t = 0
        let code = withCStrings([path] + arguments) { argv in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { envp in
                posix_spawnp(&pid, path, &actions, &attributes, argv, envp)
            }
        }
        close(inputPipe[0])
        close(outputPipe[1])
        (input, output) = (inputPipe[1], outputPipe[0])
        self.pid = pid
        guard code == 0 else {
            hasEnded = true
            throw SystemError(path, code: code)
        }
        RunningChildren.add(pid)
    }

    deinit {
        end()
        closeInput()
        close(output)
    }

    /// The next line of the program's output.
    package func readLine() throws -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1, byte != 10 { line.append(byte) }
        guard byte == 10 else { throw SystemError("a line from process \(pid)", code: EPIPE) }
        return String(decoding: line, as: UTF8.self)
    }

    package func closeInput() {
        if let input { close(input) }
        input = nil
    }

    /// Sends SIGTERM, and SIGKILL after two seconds.
    package func end() {
        guard !hasEnded else { return }
        kill(pid, SIGTERM)
        let deadline = ContinuousClock.now + .seconds(2)
        var status: CInt = 0
        while waitpid(pid, &status, WNOHANG) == 0 {
            if ContinuousClock.now > deadline { kill(pid, SIGKILL) }
            usleep(1000)
        }
        hasEnded = true
        RunningChildren.remove(pid)
    }

    /// Waits for the program to end; returns its exit code, or 128 plus the signal.
    package func wait() -> Int {
        guard !hasEnded else { return -1 }
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        hasEnded = true
        RunningChildren.remove(pid)
        return Int(status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f))
    }
}

private func withCStrings<T>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> T
) -> T {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
}
