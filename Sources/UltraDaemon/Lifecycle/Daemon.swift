internal import Glibc
package import Logging
internal import UltraAPI
internal import UltraProviders
package import UltraSystem

/// The daemon: owns every part, starts them, and hands requests to the operations.
@Loop
package final class Daemon {
    enum State {
        case running
        /// New requests are refused; those in flight have until the deadline.
        case draining
    }

    /// Why the daemon could not start.
    package struct StartFailure: Error {
        /// A sentence to print.
        package let message: String
        package let exitCode: Int32
    }

    let loaded: LoadedConfiguration
    let version: String
    private(set) var log: Logger
    let transport: Transport
    let registry: Registry
    let feed = EventFeed()
    let admission: Admission
    let relay: Relay.Context
    private lazy var operations = Operations(of: self)
    /// nil: the configuration turns it off.
    var cache: AnswerCache?
    let probers: Probers
    private let warmPool = WarmPool()
    /// The registry's file; nil: there is no state directory.
    private(set) var store: RegistryStore?
    /// The account of bytes that clients make the daemon hold.
    let memory: HeldBytes
    let connectionCounts = ConnectionCounts()
    private let receiveBuffer = ReceiveBuffer(byteCount: 64 << 10)
    private let pace = RequestPace()
    private(set) lazy var door = FrameDoor(self, memory, books, connectionCounts, receiveBuffer, pace)
    private(set) lazy var httpDoor = HTTPDoor(self, memory, books, connectionCounts, receiveBuffer, pace)
    let startedAt = EventLoop.now
    /// Reads the configuration again.
    let reread: @Loop () throws(Configuration.Invalid) -> Configuration
    /// Seconds since 1970.
    let startedSeconds = time(nil)
    let books: Books
    let activity = ActivityBook()
    let metrics = MetricsBook()
    private let journal: JournalBook
    let ledger: Ledger
    var state = State.running

    let service = ServiceNotifier()
    /// Claimed as long as the daemon lives.
    private let directory: StateDirectory?
    private var placeWatch: PlaceWatch?
    private var signals: [AnyObject] = []
    /// The line that the service manager has.
    var lastStatus = ""
    let statusTimer = Timer {}
    private(set) var watchdog: Watchdog?
    private var memoryRelease: MemoryRelease?
    let drainTimer = Timer {}
    /// Runs from the goaway until every client has had time to see it.
    let farewell = Timer {}
    var isFarewellOver = false
    var drainReport: DrainReport?

    /// - Parameter reread: reads the configuration for a reload; nil: a reload changes nothing.
    package init(
        _ configuration: Configuration, version: String, log: Logger,
        reread: (@Loop () throws(Configuration.Invalid) -> Configuration)? = nil
    ) throws(StartFailure) {
        if let reread {
            self.reread = reread
        } else {
            self.reread = { () throws(Configuration.Invalid) -> Configuration in configuration }
        }
        let accounts = NamedAccounts(of: configuration)
        loaded = LoadedConfiguration(configuration, accounts)
        self.version = version
        self.log = log
        do throws(SystemError) { try DiskThread.shared.begin() } catch {
            throw StartFailure(
                message: "there is no thread for the disk (\(error)): raise LimitNOFILE or TasksMax",
                exitCode: EXIT_FAILURE)
        }
        directory = try Self.claim(configuration.stateDirectory, log)
        memory = HeldBytes(
            limit: configuration.limits.memory ?? MemoryBudget.ofThisMachine,
            patience: configuration.limits.unreadPatience)
        ledger = Ledger(configuration.ledger, folder: configuration.stateDirectory, log)
        admission = Admission(BudgetRule.rules(of: configuration, accounts, log))
        do throws(TransportError) {
            var settings = configuration.transport
            settings.longestIdle = configuration.limits.upstreamIdle
            transport = try Transport(settings)
        } catch {
            throw StartFailure(message: error.message, exitCode: EXIT_FAILURE)
        }
        registry = Registry(configuration)
        relay = Relay.Context(configuration, registry, transport, admission)
        probers = Probers(ProbeContext(registry, transport, loaded, log))
        journal = JournalBook(log)
        books = Books(
            registry,
            [metrics, activity, LedgerBook(ledger, admission), admission, journal, FeedBook(feed, registry)])
        if let folder = configuration.stateDirectory { store = RegistryStore(registry, folder: folder, log) }
        try openCache()
    }

    var answering: Answering { Answering(admission: admission, relay: relay, cache: cache) }

    /// Takes over the use of today from the ledger, before the first request.
    private func recallUse() {
        let now = RealTime.now
        guard let recall = ledger.recall(at: now) else { return }
        activity.recall(recall, at: now)
        admission.recall(recall, at: now)
    }

    var configuration: Configuration { loaded.configuration }
    var limits: Limits { configuration.limits }
    var timeouts: DefaultTimeouts { configuration.timeouts }

    // MARK: - Start

    /// Listens, and starts the probers, timers and signal handlers. Returns at once.
    package func start() throws(StartFailure) {
        try openDoors()
        for (signal, action) in [(Signals.terminate, "SIGTERM"), (Signals.interrupt, "SIGINT")] {
            if let source = Signals.watch(signal, { [unowned self] in stopRequested(by: action) }) {
                signals.append(source)
            }
        }
        if let source = Signals.watch(Signals.hangUp, { [unowned self] in reload(bySignal: "SIGHUP") }) {
            signals.append(source)
        }
        #if DEBUG
        if let source = BlockedLoop.arm() { signals.append(source) }
        #endif
        placeWatch = PlaceWatch(
            directory, sockets: [door.socketPath, httpDoor.socketPath].compactMap { $0 },
            onCheck: { [unowned self] in
                door.lookAfterSocket()
                httpDoor.lookAfterSocket()
            },
            onStanding: { [unowned self] in stateDirectoryChanged($0) })
        for warning in loaded.warnings { log.warning("\(warning)") }
        watchdog = Watchdog(service) { [unowned self] duration in
            log.note(
                .loopStalled, "the loop stood still", ["ultra_duration_usec": "\(duration.nanoseconds / 1000)"])
        }
        store?.load()
        recallUse()
        lastStatus = statusLine
        reportGivenUp()
        service.ready(status: lastStatus)
        UnusedMemory.release()
        memoryRelease = MemoryRelease()
        log.note(.ready, "ready", ["ultra_socket": configuration.socketPath])
        registry.onChange = { [unowned self] change in stateChanged(change) }
        registry.onManyChanges = { [unowned self] provider, count in statesChanged(of: provider, count: count) }
        statusTimer.onFire = { [unowned self] in tellStatus() }
        registry.onKeyRefused = { [unowned self] provider, key in
            log.note(
                .keyRefused, "a key was refused",
                ["ultra_provider": provider.id, "ultra_key_number": "\(key + 1)"])
        }
        registry.onUse = { [unowned self] provider in
            store?.schedule()
            probers[provider]?.reschedule()
        }
        lookAfterProviders()
        probers.beginDeepProbes()
    }

    /// Logs connections that are closed because their answers are unread, one line in a minute.
    private func reportGivenUp() {
        var line = MinuteLine()
        memory.onGivenUp = { [unowned self] uid, byteCount in
            guard let unsaid = line.isDue(at: EventLoop.now) else { return }
            let more = unsaid > 0 ? " (\(unsaid) more in the minute before)" : ""
            log.warning(
                "closed a connection of uid \(uid): it left \(byteCount) bytes of answers unread, and other answers to this user wait for the memory\(more)"
            )
        }
    }

    /// Makes probers and warm connections follow the registry's providers.
    func lookAfterProviders() {
        probers.follow(registry)
        warmPool.follow(registry.providers, in: probers.context)
    }

    /// Adopts the settings of the daemon as a whole. `adopt` in `Daemon+Reload` does the rest.
    func configure(_ new: Configuration, _ accounts: NamedAccounts, warnings: [String]) {
        loaded.replace(by: new, accounts, warnings: warnings)
        relay.adopt(new)
        memory.adopt(
            limit: new.limits.memory ?? MemoryBudget.ofThisMachine, patience: new.limits.unreadPatience)
        log.logLevel = new.logLevel
        journal.log.logLevel = new.logLevel
        probers.context.log.logLevel = new.logLevel
        store?.log.logLevel = new.logLevel
    }

    /// Keeps nothing of the registry from now on.
    func forgetStore() {
        store = nil
    }

    /// Stops everything that runs by itself, and saves the registry.
    func stopActivities() {
        placeWatch = nil
        probers.stop()
        warmPool.stop()
        store?.saveAndWait()
    }

    /// Writes the ledger and the cache to the disk, once the loop has stopped. Blocks.
    package func finish() {
        ledger.finish()
        cache?.finish()
    }

    // MARK: - Requests

    /// Begins the work on a request, unless the daemon is stopping.
    func perform(_ call: Call, _ begin: (Call) throws(UltraError) -> Void) {
        guard case .running = state else {
            return call.fail(
                UltraError(
                    .shuttingDown, "ultrad is shutting down",
                    hint: "send it again to the next one: it was not executed",
                    isRetryable: true))
        }
        do throws(UltraError) {
            try begin(call)
        } catch {
            call.fail(error)
        }
    }

    /// Passes a request of the frame door to its operation, or ends `call` with an error.
    func perform(_ frame: RequestFrame, _ call: Call, in session: any Session) {
        perform(call) { call throws(UltraError) in
            guard let (entry, operation) = operations.named(frame.operation) else { return }
            if let privilege = try entry.privilege(frame), !loaded.administrators.contains(call.caller) {
                throw loaded.administrators.refusal(of: privilege, to: call.caller)
            }
            try operation.begin(call, frame, in: session)
            guard let limit = frame.timeoutMilliseconds, !operation.hasOwnTimers else { return }
            call.end(afterMilliseconds: limit)
        }
    }
}
