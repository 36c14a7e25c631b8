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

    private(set) var configuration: Configuration {
        didSet { relay.adopt(configuration) }
    }
    let version: String
    private(set) var log: Logger
    let transport: Transport
    let registry: Registry
    let feed = EventFeed()
    let admission: Admission
    let relay: Relay.Context
    /// nil: the configuration turns it off.
    var cache: AnswerCache?
    /// By provider id.
    private(set) var probers: [String: Prober] = [:]
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
    /// When the configuration was read last, in seconds since 1970.
    private(set) var loadedAt = time(nil)
    /// Oddities of the configuration, and changes that need a restart; one sentence each.
    private(set) var warnings: [String] = []
    private(set) var administrators: Administrators
    /// Reads the configuration again.
    let reread: @Loop () throws(Configuration.Invalid) -> Configuration
    /// Seconds since 1970.
    let startedSeconds = time(nil)
    let books: Books
    let activity = ActivityBook()
    let metrics = MetricsBook()
    private let journal: JournalBook
    let ledger: Ledger
    let usageQueries = UsageQueries()
    var state = State.running

    let service = ServiceNotifier()
    /// Claimed as long as the daemon lives.
    private let directory: StateDirectory?
    private var placeWatch: PlaceWatch?
    private var signals: [AnyObject] = []
    /// By provider id.
    private var probing: [String: Task<Void, Never>] = [:]
    private var deepProbing: Task<Void, Never>?
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
        self.configuration = configuration
        if let reread {
            self.reread = reread
        } else {
            self.reread = { () throws(Configuration.Invalid) -> Configuration in configuration }
        }
        let accounts = NamedAccounts(of: configuration)
        administrators = Administrators(group: configuration.adminGroup, accounts)
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
        journal = JournalBook(log)
        books = Books(
            registry,
            [metrics, activity, LedgerBook(ledger, admission), admission, journal, FeedBook(feed, registry)])
        if let folder = configuration.stateDirectory { store = RegistryStore(registry, folder: folder, log) }
        warnings = ownWarnings
        try openCache()
    }

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
            directory,
            onTick: { [unowned self] in
                door.lookAfterSocket()
                httpDoor.lookAfterSocket()
            },
            onStanding: { [unowned self] in stateDirectoryChanged($0) })
        for warning in warnings { log.warning("\(warning)") }
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
            probers[provider.id]?.reschedule()
        }
        lookAfterProviders()
        deepProbing = Loop.spawn { [self] in await DeepProber(self).run() }
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

    /// Starts and ends the probers' tasks, so that each provider that can be probed has one.
    func lookAfterProviders() {
        for (id, prober) in probers {
            if let provider = registry.provider(id), provider === prober.provider, provider.canBeProbed { continue }
            probing.removeValue(forKey: id)?.cancel()
            probers[id] = nil
        }
        for provider in registry.providers where provider.canBeProbed && probers[provider.id] == nil {
            let prober = Prober(provider, self)
            probers[provider.id] = prober
            probing[provider.id] = Loop.spawn { await prober.run() }
        }
        warmPool.follow(registry.providers, of: self)
    }

    /// Adopts the settings of the daemon as a whole. `adopt` in `Daemon+Reload` does the rest.
    func configure(_ new: Configuration, _ accounts: NamedAccounts, warnings: [String]) {
        configuration = new
        loadedAt = time(nil)
        administrators = Administrators(group: new.adminGroup, accounts)
        memory.adopt(
            limit: new.limits.memory ?? MemoryBudget.ofThisMachine, patience: new.limits.unreadPatience)
        self.warnings = warnings + ownWarnings
        log.logLevel = new.logLevel
        journal.log.logLevel = new.logLevel
        store?.log.logLevel = new.logLevel
    }

    /// The warnings about the present configuration.
    private var ownWarnings: [String] {
        guard let group = administrators.group, administrators.groupID == nil, group != Configuration.defaultAdminGroup
        else { return configuration.warnings }
        return configuration.warnings + ["this machine has no group \(group), which daemon.admin_group names"]
    }

    /// Keeps nothing of the registry from now on.
    func forgetStore() {
        store = nil
    }

    /// Stops everything that runs by itself, and saves the registry.
    func stopActivities() {
        placeWatch = nil
        probing.values.forEach { $0.cancel() }
        deepProbing?.cancel()
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

    /// Hands a request of the frame door to its operation.
    func perform(_ frame: RequestFrame, _ call: Call, in session: any Session) {
        perform(call) { call throws(UltraError) in
            guard let operation = Operation.named(frame.operation) else { return }
            if let privilege = try operation.privilege(frame), !administrators.contains(call.caller) {
                throw administrators.refusal(of: privilege, to: call.caller)
            }
            try operation.function(self, call, session, frame)
            if let limit = frame.timeoutMilliseconds, !operation.hasOwnTimers { call.end(afterMilliseconds: limit) }
        }
    }
}
