internal import CSystemd
internal import Glibc
internal import Synchronization

/// The event loop: one thread that waits for descriptors, timers, signals and child processes, and runs Swift
/// concurrency's jobs between the waits.
///
/// It is both a `SerialExecutor` and a `TaskExecutor`: as the former alone, every resumption would go through the
/// global pool. `@unchecked Sendable` is safe because other threads touch only `foreignJobs` (under its mutex),
/// `wakeUp` (written with write(2)) and `thread` (set once, before any other thread uses the loop).
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    package static let shared = EventLoop()

    /// The most passes over jobs and kicks in one turn, so that jobs which keep creating jobs cannot starve the
    /// descriptors.
    static let passesPerTurn = 64

    private var thread: pthread_t?
    private var isRunning = false

    // MARK: Jobs

    private var jobs: [UnownedJob] = []
    private var spareJobs: [UnownedJob] = []
    /// Jobs of the running batch that have not started.
    private var jobsLeft = 0
    private let foreignJobs = Mutex<[UnownedJob]>([])

    /// Jobs enqueued by other threads since the start. The daemon's hot paths add none.
    package private(set) var foreignJobCount = 0

    // MARK: Events

    /// The epoll set. It also contains `wakeUp` and sd-event's descriptor.
    let epoll: CInt
    private let wakeUp: CInt
    private static let wakeUpToken = UInt64.max
    private var readyEvents = [epoll_event](repeating: epoll_event(), count: 256)
    private var watches = WatchTable()
    private var timers = TimerQueue()
    private(set) var systemd: SystemdEvents?
    private var systemdWatch: Watch?

    // MARK: Work between the waits

    private var kicks: [Deferred] = []
    private var flushes: [Deferred] = []
    private var spareDeferred: [Deferred] = []

    /// Turns since the start: waits for descriptors and timers.
    package private(set) var turnCount: UInt64 = 0

    /// When the last wait returned, in nanoseconds of `CLOCK_MONOTONIC`; 0 before the first.
    private var awokeAt: UInt64 = 0
    private var longest: (sinceStart: UInt64, sinceAsked: UInt64) = (0, 0)

    /// When the job queue was last seen empty, in nanoseconds of `CLOCK_MONOTONIC`.
    private var lastQuiet: UInt64 = 0

    private init() {
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        wakeUp = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        if epoll < 0 || wakeUp < 0 { Self.giveUp("no descriptors are left for the event loop: raise LimitNOFILE=") }
    }

    /// Writes `reason` and errno to standard error and exits. Without a loop there is nothing to log with, and a trap
    /// would explain nothing.
    static func giveUp(_ reason: String) -> Never {
        var line = "\(reason) (\(String(cString: strerror(errno))))\n"
        line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
        exit(EXIT_FAILURE)
    }

    // MARK: - Thread

    /// True if the caller runs on the loop's thread.
    package var isCurrent: Bool { thread == pthread_self() }

    package func checkIsolated() {
        precondition(isCurrent, "not on the thread of the event loop")
    }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Makes the calling thread the loop's. Call it once, before any `@Loop` code.
    ///
    /// The signals the loop handles must be blocked first (`Signals.block()`), before any other thread starts.
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

    /// True if the running job is the last one before the loop waits.
    @Loop
    package var isLastJob: Bool { jobsLeft == 0 && jobs.isEmpty }

    // MARK: - Running

    /// Runs until `stop()`. Call it on the adopted thread.
    package func run() {
        checkIsolated()
        isRunning = true
        while isRunning { turn() }
    }

    /// Makes `run()` return after the current turn.
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

    /// The longest turn since the start. A turn lasts from the end of one wait to the beginning of the next.
    @Loop
    package var longestTurn: Duration { .nanoseconds(Int64(clamping: longest.sinceStart)) }

    /// The longest turn since the previous call.
    @Loop
    package func takeLongestTurn() -> Duration {
        defer { longest.sinceAsked = 0 }
        return .nanoseconds(Int64(clamping: longest.sinceAsked))
    }

    /// Waits for events.
    /// - Parameter nanoseconds: The longest wait; nil means no limit.
    /// - Returns: The number of ready events.
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

    /// Runs the current batch; work scheduled meanwhile waits for the next pass.
    private func runSpareDeferred() {
        let batch = spareDeferred
        Loop.assumeIsolated {
            for deferred in batch { deferred.run() }
        }
        spareDeferred.removeAll(keepingCapacity: true)
    }

    // MARK: - For the loop's own parts

    /// Registers `watch` and returns the token that identifies it in `epoll_ctl` calls and events.
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

    /// `CLOCK_MONOTONIC` in nanoseconds.
    package static var now: UInt64 { nanoseconds(of: CLOCK_MONOTONIC) }

    /// The total time that the machine was suspended since boot, in nanoseconds: `CLOCK_BOOTTIME` includes suspension,
    /// `CLOCK_MONOTONIC` does not (clock_gettime(2)).
    package static var suspended: UInt64 {
        let monotonic = now
        let all = nanoseconds(of: CLOCK_BOOTTIME)
        return all - min(all, monotonic)
    }

    /// How far the loop is behind: the age of its oldest unfinished job or overdue timer, whichever is greater.
    ///
    /// The watchdog is reset only while this is small. sd-event's own watchdog support would miss a starved job queue.
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
