internal import CSystemd
internal import Glibc
internal import Synchronization

/// The one thread besides the loop's: it does what may wait for a disk, one thing after another.
///
/// An executor, so that the compiler confines `@Disk` state to it as it confines `@Loop` state to the loop. The thread
/// starts with the first work and waits without a timeout, so that an idle daemon stays asleep.
package final class DiskThread: SerialExecutor {
    package static let shared = DiskThread()

    private enum Work: Sendable {
        case job(UnownedJob)
        case call(@Disk @Sendable () -> Void)
    }

    private struct State: ~Copyable {
        var work: [Work] = []
        var isStarted = false
    }

    /// SQLite's deepest recursion stays far below it.
    private static let stackBytes = 1 << 20

    private let state = Mutex(State())
    private let wakeUp: CInt
    /// 0 until it runs.
    private let thread = Atomic<UInt>(0)

    private init() {
        wakeUp = eventfd(0, CInt(EFD_CLOEXEC))
        precondition(wakeUp >= 0, "no descriptors left for the disk's thread: raise LimitNOFILE")
    }

    private var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    package func checkIsolated() {
        precondition(isCurrent, "not on the disk's thread")
    }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    func perform(_ body: @escaping @Disk @Sendable () -> Void) {
        add(.call(body))
    }

    private func add(_ work: Work) {
        let startsNow = state.withLock { state in
            state.work.append(work)
            defer { state.isStarted = true }
            return !state.isStarted
        }
        if startsNow { start() }
        var one: UInt64 = 1
        _ = write(wakeUp, &one, MemoryLayout<UInt64>.size)
    }

    private func start() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, Self.stackBytes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { _ in
                // Signals are the loop's, whichever it comes to wait for.
                var all = sigset_t()
                sigfillset(&all)
                pthread_sigmask(SIG_BLOCK, &all, nil)
                DiskThread.shared.run()
            }, nil)
        precondition(code == 0, "no thread for the disk")
    }

    private func run() -> Never {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        let executor = asUnownedSerialExecutor()
        while true {
            var count: UInt64 = 0
            _ = read(wakeUp, &count, MemoryLayout<UInt64>.size)
            let work = state.withLock { state in
                let work = state.work
                state.work = []
                return work
            }
            for work in work {
                switch work {
                case .job(let job): job.runSynchronously(on: executor)
                case .call(let body): Disk.assumeIsolated(body)
                }
            }
        }
    }
}
