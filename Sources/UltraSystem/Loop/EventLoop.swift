internal import CSystemd
internal import Glibc
internal import Synchronization

/// One thread that waits for descriptors, timers, signals and child processes, and runs the jobs of Swift
/// concurrency between the waits.
///
/// It is both `SerialExecutor` and `TaskExecutor`: with the first alone, every resumption would pass through the
/// global pool. `@unchecked Sendable`: `foreignJobs` and `wakeUp` are all that another thread touches.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    package static let shared = EventLoop()

    /// Passes over jobs and kicks before descriptors get their turn again, so that jobs that
    /// make jobs cannot starve them.
    static let passesPerTurn = 64

    private var thread: pthread_t?
    private var isRunning = false

    // MARK: Jobs

    private var jobs: [UnownedJob] = []
    private var spareJobs: [UnownedJob] = []
    /// Of the batch that runs, those that have not begun.
    private var jobsLeft = 0
    private let foreignJobs = Mutex<[UnownedJob]>([])

    /// Jobs that came from another thread, since the start. The daemon's hot paths add none.
    package private(set) var foreignJobCount = 0

    // MARK: What the loop waits for

    /// The busy descriptors, and among them `wakeUp` and the descriptor of sd-event.
    let epoll: CInt
    private let wakeUp: CInt
    private static let wakeUpToken = UInt64.max
    private var readyEvents = [epoll_event](repeating: epoll_event(), count: 256)
    private var watches = WatchTable()
    private var timers = TimerQueue()
    private(set) var systemd: SystemdEvents?
    private var systemdWatch: Watch?

    // MARK: What runs between the waits

    private var kicks: [Deferred] = []
    private var flushes: [Deferred] = []
    private var spareDeferred: [Deferred] = []

    /// Waits for descriptors and timers, since the start.
    package private(set) var turnCount: UInt64 = 0

    /// When the last wait returned, in nanoseconds of the monotonic clock; 0: before the first.
    private var awokeAt: UInt64 = 0
    private var longest: (sinceStart: UInt64, sinceAsked: UInt64) = (0, 0)

    /// When the queue of jobs was last seen empty, in nanoseconds of the monotonic clock.
    private var lastQuiet: UInt64 = 0

    private init() {
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        wakeUp = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        if epoll < 0 || wakeUp < 0 { Self.giveUp("no descriptors are left for the event loop: raise LimitNOFILE") }
    }

    /// Ends a process that has no loop to report by, in place of a trap that would say nothing.
    static func giveUp(_ reason: String) -> Never {
        var line = "\(reason) (\(String(cString: strerror(errno))))\n"
        line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
        exit(EXIT_FAILURE)
    }

    // MARK: - Thread

    /// Whether the caller runs on the loop's thread.
    package var isCurrent: Bool { thread == pthread_self() }

    package func checkIsolated() {
        precondition(isCurrent, "not on the thread of the event loop")
    }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Makes the calling thread the loop's. Call once, before anything `@Loop`.
    ///
    /// Signals the loop will watch must be blocked before other threads start, so this comes first in a process.
    package func adoptCurrentThread() {
        precondition(thread == nil, "the event loop has a thread already")
        thread = pthread_self()
        lastQuiet = Self.now
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(u64: Self.wakeUpToken))
        epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event)
        Loop.assumeIsolated {
            guard let events = SystemdEvents() else { return }
            systemd = events
            systemdWatch = Watch(events.descriptor, .input) { _ in events.dispatch() }
        }
    }

    // MARK: - Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            jobs.append(job)
        } else {
            foreignJobs.withLock { $0.append(job) }
            var one: UInt64 = 1
            _ = write(wakeUp, &one, MemoryLayout<UInt64>.size)
        }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    package func asUnownedTaskExecutor() -> UnownedTaskExecutor {
        UnownedTaskExecutor(ordinary: self)
    }

    private func runJobs() {
        let serial = asUnownedSerialExecutor()
        let task = asUnownedTaskExecutor()
        swap(&jobs, &spareJobs)
        jobsLeft = spareJobs.count
        for job in spareJobs {
            jobsLeft -= 1
            job.runSynchronously(isolatedTo: serial, taskExecutor: task)
        }
        spareJobs.removeAll(keepingCapacity: true)
    }

    private func takeForeignJobs() {
        var count: UInt64 = 0
        _ = read(wakeUp, &count, MemoryLayout<UInt64>.size)
        foreignJobs.withLock { foreign in
            foreignJobCount += foreign.count
            jobs.append(contentsOf: foreign)
            foreign.removeAll(keepingCapacity: true)
        }
    }

    /// Whether the job that runs is the last before the loop waits.
    @Loop
    package var isLastJob: Bool { jobsLeft == 0 && jobs.isEmpty }

    // MARK: - Running

    /// Runs until `stop()`. On the thread that was adopted.
    package func run() {
        checkIsolated()
        isRunning = true
        while isRunning { turn() }
    }

    /// Ends `run()` after the current turn.
    @Loop
    package func stop() {
        isRunning = false
    }

    private func turn() {
        var passes = 0
        while passes < Self.passesPerTurn, !jobs.isEmpty || !kicks.isEmpty {
            if !jobs.isEmpty { runJobs() }
            if !kicks.isEmpty { runKicks() }
            passes += 1
        }
        if !flushes.isEmpty { runFlushes() }
        let now = Self.now
        note(turnEndedAt: now)
        let isQuiet = jobs.isEmpty && kicks.isEmpty
        if isQuiet { lastQuiet = now }
        guard isRunning else { return }
        turnCount &+= 1
        let count = wait(isQuiet ? timers.nextDeadline.map { $0 > now ? $0 - now : 0 } : 0)
        awokeAt = Self.now
        dispatch(count)
        fireTimers(awokeAt)
    }

    private func note(turnEndedAt now: UInt64) {
        guard awokeAt > 0, now > awokeAt else { return }
        let length = now - awokeAt
        if length > longest.sinceAsked {
            longest.sinceAsked = length
            if length > longest.sinceStart { longest.sinceStart = length }
        }
    }

    /// The longest turn, from the end of one wait to the beginning of the next, since the start.
    @Loop
    package var longestTurn: Duration { .nanoseconds(Int64(clamping: longest.sinceStart)) }

    /// The longest turn since this was asked last.
    @Loop
    package func takeLongestTurn() -> Duration {
        defer { longest.sinceAsked = 0 }
        return .nanoseconds(Int64(clamping: longest.sinceAsked))
    }

    /// How many events are ready, after at most `nanoseconds`; nil waits without end.
    private func wait(_ nanoseconds: UInt64?) -> Int {
        let count = readyEvents.withUnsafeMutableBufferPointer { events in
            guard let nanoseconds else {
                return csystemd_epoll_wait(epoll, events.baseAddress, CInt(events.count), nil)
            }
            var limit = timespec(
                tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
            return csystemd_epoll_wait(epoll, events.baseAddress, CInt(events.count), &limit)
        }
        return max(0, Int(count))  // -1 is EINTR: a turn without events
    }

    private func dispatch(_ count: Int) {
        for index in 0..<count {
            let event = readyEvents[index]
            if event.data.u64 == Self.wakeUpToken {
                takeForeignJobs()
            } else if let watch = watches[event.data.u64] {
                Loop.assumeIsolated { watch.onReady(Watch.Events(rawValue: event.events)) }
            }
        }
    }

    private func fireTimers(_ now: UInt64) {
        Loop.assumeIsolated {
            while let timer = timers.popDue(now) { timer.onFire() }
        }
    }

    private func runKicks() {
        swap(&kicks, &spareDeferred)
        runSpareDeferred()
    }

    private func runFlushes() {
        swap(&flushes, &spareDeferred)
        runSpareDeferred()
    }

    /// Runs what was queued; what is queued meanwhile waits for the next pass.
    private func runSpareDeferred() {
        let batch = spareDeferred
        Loop.assumeIsolated {
            for deferred in batch { deferred.run() }
        }
        spareDeferred.removeAll(keepingCapacity: true)
    }

    // MARK: - For the loop's own parts

    /// Registers `watch`; the token names it in every `epoll_ctl` and event.
    @Loop
    func register(_ watch: Watch) -> UInt64 {
        watches.insert(watch)
    }

    @Loop
    func unregister(_ token: UInt64) {
        watches.remove(token)
    }

    @Loop
    func enqueue(_ deferred: Deferred, _ moment: Deferred.Moment) {
        switch moment {
        case .soon: kicks.append(deferred)
        case .endOfTurn: flushes.append(deferred)
        }
    }

    @Loop
    func arm(_ timer: Timer, at deadline: UInt64) {
        timers.insert(timer, at: deadline)
    }

    @Loop
    func disarm(_ timer: Timer) {
        timers.remove(timer)
    }

    // MARK: - Clock and progress

    /// The monotonic clock in nanoseconds.
    package static var now: UInt64 { nanoseconds(of: CLOCK_MONOTONIC) }

    /// How long the machine has been suspended since it started, in nanoseconds: what the one clock counts and the other
    /// does not (clock_gettime(2)).
    package static var suspended: UInt64 {
        let monotonic = now
        let all = nanoseconds(of: CLOCK_BOOTTIME)
        return all - min(all, monotonic)
    }

    /// How far the loop lags behind its work: the age of its oldest unfinished backlog or overdue timer.
    ///
    /// The watchdog is fed only while this is small (sd-event's own ping misses a starved queue).
    @Loop
    package var lag: Duration {
        let now = Self.now
        let overdue = timers.nextDeadline.map { $0 < now ? now - $0 : 0 } ?? 0
        let backlog = jobs.isEmpty ? 0 : now - min(now, lastQuiet)
        return .nanoseconds(Int64(max(overdue, backlog)))
    }
}

private func nanoseconds(of clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
