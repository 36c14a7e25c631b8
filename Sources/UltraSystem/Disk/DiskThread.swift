internal import CSystemd
internal import Glibc
internal import Synchronization

/// The thread for work that may block on a disk or a directory server. It runs one piece of work at a time, in order.
///
/// It is a `SerialExecutor`, so the compiler confines `@Disk` state to it as it confines `@Loop` state to the loop. It
/// waits without a timeout, so an idle daemon never wakes up.
///
/// A program calls `begin()` before it serves clients, while descriptors and threads are available. Otherwise the first
/// work starts the thread, and work stays queued until a descriptor and a thread can be had.
package final class DiskThread: SerialExecutor {
    package static let shared = DiskThread()

    private enum Work: Sendable {
        case job(UnownedJob)
        case call(@Disk @Sendable () -> Void)
    }

    private struct State: ~Copyable {
        var work: [Work] = []
        var isStarted = false
        /// An eventfd(2) that wakes the thread; -1 until it is created.
        var wakeUp: CInt = -1
    }

    /// SQLite's recursion stays far below this size.
    private static let stackBytes = 1 << 20

    private let state = Mutex(State())
    /// 0 until the thread runs.
    private let thread = Atomic<UInt>(0)

    private init() {}

    /// Creates the thread and its eventfd, unless they exist. Callable from any thread.
    /// - Throws: `SystemError` for `eventfd` or `pthread_create`.
    package func begin() throws(SystemError) {
        try state.withLock { (state) throws(SystemError) in
            if state.isStarted { return }
            if state.wakeUp < 0 { state.wakeUp = eventfd(0, CInt(EFD_CLOEXEC)) }
            guard state.wakeUp >= 0 else { throw SystemError("eventfd") }
            try Self.start(reading: state.wakeUp)
            state.isStarted = true
        }
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
        let wakeUp = state.withLock { state in
            state.work.append(work)
            return state.isStarted ? state.wakeUp : -1
        }
        guard wakeUp < 0 else { return Self.wake(wakeUp) }
        do throws(SystemError) {
            try begin()
            Self.wake(state.withLock { $0.wakeUp })
        } catch {
            // The work stays queued; the next one tries again to start the thread.
        }
    }

    private static func wake(_ descriptor: CInt) {
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    private static func start(reading wakeUp: CInt) throws(SystemError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackBytes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { descriptor in
                // All signals are blocked here: the loop handles them.
                var all = sigset_t()
                sigfillset(&all)
                pthread_sigmask(SIG_BLOCK, &all, nil)
                DiskThread.shared.run(reading: CInt(Int(bitPattern: descriptor)))
            }, UnsafeMutableRawPointer(bitPattern: Int(wakeUp)))
        guard code == 0 else { throw SystemError("pthread_create", code: code) }
    }

    private func run(reading wakeUp: CInt) -> Never {
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
