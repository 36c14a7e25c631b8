internal import CSystemd
internal import Glibc

/// A child process: started without a shell, inherits no descriptors except 0 to 2, and is always reaped.
@Loop
package final class ChildProcess {
    /// How the process ended: its exit code, or the signal that killed it.
    package enum Exit: Equatable, Sendable {
        case code(CInt)
        case signal(CInt)
    }

    /// Its process ID, which is also its process group.
    package let process: Int32
    private var exit: Exit?
    private var source: SystemdSource?
    private var waiter: UnsafeContinuation<Void, Never>?

    /// Starts the program at `path`.
    /// - Parameters:
    ///   - arguments: Arguments after the program's name.
    ///   - environment: The whole environment; nothing is inherited.
    ///   - input: Becomes descriptor 0 of the child; -1 means `/dev/null`. The same holds for `output` (1) and `errors`
    ///     (2). The caller keeps ownership of all three.
    /// - Throws: `SystemError` for `posix_spawn` or `sd_event_add_child`.
    package init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], input: CInt = -1,
        output: CInt = -1, errors: CInt = -1
    ) throws(SystemError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in [input, output, errors].enumerated() {
            if descriptor < 0 {
                posix_spawn_file_actions_addopen(&actions, CInt(number), "/dev/null", O_RDWR, 0)
            } else {
                posix_spawn_file_actions_adddup2(&actions, descriptor, CInt(number))
            }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigemptyset(&all)
        sigaddset(&all, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // Its own process group, so that `kill()` reaches every process it starts.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        var argv = ([path] + arguments).map { strdup($0) } + [nil]
        var envp = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, path, &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw SystemError("posix_spawn", code: code) }
        self.process = process
        // Retains `self` until the child is reaped, so a dropped reference leaves no zombie.
        source = EventLoop.shared.systemd?.watch(child: process) { [self] status in
            ended(status & 0x7f == 0 ? .code((status >> 8) & 0xff) : .signal(status & 0x7f))
        }
        guard source != nil else {
            kill()
            throw SystemError("sd_event_add_child", code: ENOMEM)
        }
    }

    /// Waits until the process has ended. If the task is cancelled, kills the process group and still waits. One caller
    /// at a time.
    package func wait() async -> Exit {
        while true {
            if let exit { return exit }
            await withTaskCancellationHandler {
                await withUnsafeContinuation(isolation: Loop.shared) { waiter = $0 }
            } onCancel: {
                Loop.perform { self.kill() }
            }
        }
    }

    /// Sends SIGKILL to the process group. Does nothing once the process has ended.
    package func kill() {
        if exit == nil { Glibc.kill(-process, SIGKILL) }
    }

    private func ended(_ exit: Exit) {
        self.exit = exit
        source = nil
        waiter?.resume()
        waiter = nil
    }
}
