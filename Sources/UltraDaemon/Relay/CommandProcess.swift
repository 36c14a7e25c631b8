internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// One run of a provider's program: starts it, reads its output, and kills it when a timer fires.
@Loop
final class CommandProcess {
    /// The most bytes kept of standard error.
    private static let errorLimitBytes = 64 << 10

    private let child: ChildProcess
    private let output: ChildOutput
    private let errors: ChildOutput
    private let timeouts: ExchangeTimeouts
    private let startedAt = EventLoop.now
    private var timer = Timer {}
    private var hasContent = false
    /// The timer that killed the program.
    private(set) var expired: TimeoutKind?

    init(
        _ command: DockerCommand, _ call: DockerCommand.Invocation, _ timeouts: ExchangeTimeouts
    ) throws(DockerCommand.Failure) {
        guard let path = Self.path(of: command) else { throw .notFound }
        do throws(SystemError) {
            output = try ChildOutput()
            errors = try ChildOutput()
            child = try Self.start(path, command, call, output, errors)
        } catch {
            throw error.code == ENOENT ? .notFound : .cannotStart(error.description)
        }
        self.timeouts = timeouts
        errors.collect(limitBytes: Self.errorLimitBytes)
        timer.onFire = { [unowned self] in checkDeadlines() }
        arm()
    }

    isolated deinit {
        timer.cancel()
        child.kill()
    }

    /// Waits for output and puts it in place of the content of `bytes`. Returns false at the end of the output.
    func read(into bytes: inout [UInt8]) async -> Bool {
        arm()
        defer { timer.cancel() }
        return await output.read(into: &bytes)
    }

    /// Switches from the `firstToken` timer to the `idle` timer.
    func contentBegan() {
        hasContent = true
    }

    /// Kills the program and its descendants.
    func kill() {
        child.kill()
        output.cancel()
        errors.cancel()
    }

    /// Waits until the program has ended and is reaped. A cancelled task or a timer kills it first.
    func wait() async -> DockerCommand.Failure? {
        arm()
        defer { timer.cancel() }
        let exit = await child.wait()
        // The exit may be seen before the last output.
        errors.gather(limitBytes: Self.errorLimitBytes)
        switch exit {
        case .code(0): return nil
        case .code(let code): return .code(code, errors: errors.collected)
        case .signal(let number): return .signal(number)
        }
    }

    private static func start(
        _ path: String, _ command: DockerCommand, _ call: DockerCommand.Invocation, _ output: ChildOutput,
        _ errors: ChildOutput
    ) throws(SystemError) -> ChildProcess {
        defer {
            output.started()
            errors.started()
        }
        guard let bytes = call.input else {
            return try ChildProcess(
                path, call.arguments, environment: command.environment, output: output.childEnd,
                errors: errors.childEnd)
        }
        let input = try ChildInput(bytes)
        return try ChildProcess(
            path, call.arguments, environment: command.environment, input: input.descriptor,
            output: output.childEnd, errors: errors.childEnd)
    }

    /// The program's path, by its own `PATH`. Relative entries are ignored: nothing in the daemon's working directory
    /// is run.
    private static func path(of command: DockerCommand) -> String? {
        if command.program.contains("/") { return command.program }
        let folders = (command.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        return folders.lazy.filter { $0.hasPrefix("/") }.map { "\($0)/\(command.program)" }
            .first { access($0, X_OK) == 0 }
    }

    // MARK: - Timers

    /// The `idle` timer starts anew with each read, so that a slow reader does not count.
    private func arm() {
        func after(_ start: UInt64, _ duration: Duration?, _ kind: TimeoutKind) -> (at: UInt64, kind: TimeoutKind)? {
            duration.map { (start &+ UInt64(max(0, $0.nanoseconds)), kind) }
        }
        let reading =
            hasContent
            ? after(EventLoop.now, timeouts.idle, .idle) : after(startedAt, timeouts.firstToken, .firstToken)
        guard
            let next = [reading, after(startedAt, timeouts.total, .total)].compactMap({ $0 }).min(by: { $0.at < $1.at })
        else { return timer.cancel() }
        deadline = next.kind
        timer.arm(at: next.at)
    }

    private var deadline = TimeoutKind.total

    private func checkDeadlines() {
        expired = deadline
        kill()
    }
}
