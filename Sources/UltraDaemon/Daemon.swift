internal import Glibc
package import Logging
internal import UltraAPI
internal import UltraProviders
package import UltraSystem

/// The daemon: accepts clients, hands their requests to the operations, and ends in good order.
@Loop
package final class Daemon {
    enum State {
        case running
        /// No new requests; those in flight have until the deadline.
        case draining
    }

    /// Why it could not start: what to print, and the process's exit code.
    package struct StartFailure: Error {
        package let message: String
        package let exitCode: Int32
    }

    private(set) var configuration: Configuration
    let version: String
    private(set) var log: Logger
    let transport: Transport
    let registry: Registry
    let feed = EventFeed()
    /// nil: the configuration wants none.
    var cache: AnswerCache?
    /// By provider id.
    private(set) var probers: [String: Prober] = [:]
    private let warmPool = WarmPool()
    /// What survives a restart; nil: there is no place for it.
    private(set) var store: RegistryStore?
    /// What clients make the daemon hold.
    let memory: HeldBytes
    let receiveBuffer = ReceiveBuffer(byteCount: 64 << 10)
    let startedAt = EventLoop.now
    /// When the configuration was read last, in seconds since 1970.
    private(set) var loadedAt = time(nil)
    /// What is odd about the configuration, or waits for a restart. One sentence each.
    private(set) var warnings: [String] = []
    private(set) var administrators: Administrators
    /// Reads the configuration again.
    let reread: @Loop () throws(Configuration.Invalid) -> Configuration
    /// To all clients, since the start.
    var sentByteCount: UInt64 = 0
    /// Seconds since 1970.
    let startedSeconds = time(nil)
    var activity = Activity()
    var metrics = RequestMetrics()
    let ledger: Ledger
    let usageQueries = UsageQueries()
    var budgets: Budgets
    private(set) var state = State.running
    private(set) var connections: [ObjectIdentifier: ClientConnection] = [:]
    private(set) var connectionsByUser: [UInt32: Int] = [:]
    private let refused = RefusedConnections()
    var failureLines = FailureLines()
    private let descriptorLimit = DescriptorLimit.current

    let service = ServiceNotifier()
    private var listeners: [Listener] = []
    /// Claimed as long as the daemon lives.
    private let directory: StateDirectory?
    private var placeWatch: PlaceWatch?
    private var isSocketTakenTold = false
    private var signals: [AnyObject] = []
    /// By provider id.
    private var probing: [String: Task<Void, Never>] = [:]
    private var deepProbing: Task<Void, Never>?
    private var lastStatus = ""
    private let statusTimer = Timer {}
    private(set) var watchdog: Watchdog?
    private var memoryRelease: MemoryRelease?
    private var drainTimer = Timer {}
    /// Runs from the goaway until every client has had the time to see it.
    private var farewell = Timer {}
    private var isFarewellOver = false
    private var drainReport: DrainReport?
    private var replyIDs = ReplyIDs()

    /// - Parameter reread: reads the configuration for a reload; without it there is nothing new to read.
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
        memory = HeldBytes(limit: configuration.limits.memory ?? MemoryBudget.ofThisMachine)
        ledger = Ledger(configuration.ledger, folder: configuration.stateDirectory, log)
        budgets = Budgets(Self.budgetRules(configuration, accounts, log))
        do throws(TransportError) {
            var settings = configuration.transport
            settings.longestIdle = configuration.limits.upstreamIdle
            transport = try Transport(settings)
        } catch {
            throw StartFailure(message: error.message, exitCode: EXIT_FAILURE)
        }
        registry = Registry(configuration)
        if let folder = configuration.stateDirectory { store = RegistryStore(registry, folder: folder, log) }
        warnings = ownWarnings
        try openCache()
    }

    var limits: Limits { configuration.limits }
    var timeouts: DefaultTimeouts { configuration.timeouts }

    // MARK: - Start

    /// Listens and starts what runs by itself. Returns at once; the loop does the rest.
    package func start() throws(StartFailure) {
        listeners = ServiceNotifier.passedListeners()
        if listeners.isEmpty { listeners = [try Self.listen(configuration.socketPath)] }
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
        for listener in listeners { serve(listener) }
        placeWatch = PlaceWatch(
            directory, onTick: { [unowned self] in lookAfterSocket() },
            onStanding: { [unowned self] in stateDirectoryChanged($0) })
        for warning in warnings { log.warning("\(warning)") }
        watchdog = Watchdog(service) { [unowned self] duration in
            log.note(
                .loopStalled, "the loop stood still", ["ultra_duration_usec": "\(duration.nanoseconds / 1000)"])
        }
        store?.load()
        recallUse()
        lastStatus = statusLine
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

    /// Each provider that can be probed has a task that does, and no other has.
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

    /// Takes settings that hold for the daemon as a whole. `adopt` of `Daemon+Reload` does the rest.
    func configure(_ new: Configuration, _ accounts: NamedAccounts, warnings: [String]) {
        configuration = new
        loadedAt = time(nil)
        administrators = Administrators(group: new.adminGroup, accounts)
        memory.adopt(limit: new.limits.memory ?? MemoryBudget.ofThisMachine)
        self.warnings = warnings + ownWarnings
        log.logLevel = new.logLevel
        store?.log.logLevel = new.logLevel
    }

    /// What is odd about the configuration as it is.
    private var ownWarnings: [String] {
        guard let group = administrators.group, administrators.groupID == nil, group != Configuration.defaultAdminGroup
        else { return configuration.warnings }
        return configuration.warnings + ["this machine has no group \(group), which daemon.admin_group names"]
    }

    /// Nothing is kept of the registry from now on.
    func forgetStore() {
        store = nil
    }

    /// After a reload.
    func tellReloaded() {
        lastStatus = statusLine
        service.ready(status: lastStatus)
    }

    /// One line for `systemctl status`, when it says something new. It counts all models: once for changes that come
    /// together.
    func tellServiceManager() {
        if !statusTimer.isArmed { statusTimer.arm(after: .milliseconds(20)) }
    }

    private func tellStatus() {
        let line = statusLine
        guard case .running = state, line != lastStatus else { return }
        lastStatus = line
        service.status(line)
    }

    /// One line for `systemctl status`.
    private var statusLine: String {
        let now = WallClock.now
        var usable = 0
        var all = 0
        for provider in registry.providers {
            all += provider.models.count
            usable += provider.models.count { provider.availability(of: $0, at: now).isUsable }
        }
        let waiting = registry.providers.filter { $0.availability(at: now) == .needsKey }.map(\.id)
        return "\(usable) of \(all) models up"
            + (waiting.isEmpty ? "" : "; no key for \(waiting.joined(separator: ", "))")
    }

    // MARK: - Clients

    private func serve(_ listener: Listener) {
        listener.accept { [unowned self] socket in
            accept(socket)
        } onShortage: { [unowned self] socket in
            refused.refuse(socket, .descriptors, lingers: false, log)
        }
    }

    private func accept(_ socket: StreamSocket) {
        // Dropping the socket closes it: the client sees the end before any answer, and may try again.
        guard case .running = state else { return }
        let uid = socket.peer.uid
        let ofUser = connectionsByUser[uid, default: 0]
        let refusal = ConnectionRefusal(
            open: connections.count, ofUser: ofUser, uid: uid, limits, descriptorLimit: descriptorLimit)
        if let refusal { return refused.refuse(socket, refusal, lingers: refusal != .descriptors, log) }
        let connection = ClientConnection(socket, self, limits)
        connections[ObjectIdentifier(connection)] = connection
        connectionsByUser[uid] = ofUser + 1
    }

    func closed(_ connection: ClientConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        let uid = connection.peer.uid
        let left = connectionsByUser[uid, default: 1] - 1
        connectionsByUser[uid] = left > 0 ? left : nil
        stopIfDrained()
    }

    /// A socket whose file somebody removed is bound again: no client would find it.
    private func lookAfterSocket() {
        let path = configuration.socketPath
        for (index, listener) in listeners.enumerated() {
            switch listener.place {
            case .inPlace, nil: isSocketTakenTold = false
            case .taken:
                if !isSocketTakenTold {
                    log.error(
                        "something else stands where the socket was: clients do not find this ultrad",
                        metadata: ["ultra_path": "\(path)"])
                }
                isSocketTakenTold = true
            case .vanished:
                do throws(StartFailure) {
                    listeners[index] = try Self.listen(path)
                    serve(listeners[index])
                    log.warning("the socket's file was removed: it is bound again", metadata: ["ultra_path": "\(path)"])
                } catch {
                    if !isSocketTakenTold { log.error("the socket's file was removed: \(error.message)") }
                    isSocketTakenTold = true
                }
            }
        }
    }

    /// Hands a request to its operation.
    func perform(_ frame: RequestFrame, _ call: Call, on connection: ClientConnection) {
        guard case .running = state else {
            return call.fail(
                UltraError(
                    .shuttingDown, "ultrad is shutting down",
                    hint: "send it again to the next one: it was not executed",
                    isRetryable: true))
        }
        do throws(UltraError) {
            guard let operation = Operation.named(frame.operation) else { return }
            if let privilege = try operation.privilege(frame), !administrators.contains(call.peer) {
                throw administrators.refusal(of: privilege, to: call.peer)
            }
            try operation.function(self, call, connection, frame)
            if let limit = frame.timeoutMilliseconds, !operation.hasOwnTimers { call.end(afterMilliseconds: limit) }
        } catch {
            call.fail(error)
        }
    }

    func ended(_ call: Call) {
        if let end = call.takeEnd() {
            metrics.ended(call.operation, end.failure, nanoseconds: EventLoop.now - call.startedAt)
        }
        stopIfDrained()
    }

    /// Different for every upstream reply, of this process and of all others.
    func nextReplyID() -> UInt64 { replyIDs.next() }

    // MARK: - Stop

    /// A request that crosses the goaway is read and refused, so that its client knows that it was not executed: no
    /// connection is closed before. Clients that close theirs at the goaway end the wait.
    private static let farewellTime = Duration.milliseconds(100)

    var isDraining: Bool {
        if case .draining = state { true } else { false }
    }

    /// The first signal drains, the second stops now.
    private func stopRequested(by signal: String) {
        switch state {
        case .running:
            state = .draining
            log.note(
                .stopping, "stopping", ["ultra_signal": signal, "ultra_in_flight": "\(activity.all.usage.inFlight)"])
            drainReport = DrainReport(service) { [unowned self] in
                DrainReport.State(requests: activity.all.usage.inFlight, sentBytes: sentByteCount)
            }
            listeners = []
            placeWatch = nil
            probing.values.forEach { $0.cancel() }
            deepProbing?.cancel()
            warmPool.stop()
            store?.saveAndWait()
            connections.values.forEach { $0.goAway() }
            drainTimer.onFire = { [unowned self] in stopNow() }
            drainTimer.arm(after: limits.drain)
            farewell.onFire = { [unowned self] in
                isFarewellOver = true
                stopIfDrained()
            }
            farewell.arm(after: Self.farewellTime)
            feed.end(
                UltraError(
                    .shuttingDown, "ultrad is shutting down", hint: "subscribe to the next one", isRetryable: true))
            stopIfDrained()
        case .draining:
            stopNow()
        }
    }

    /// Writes what is still to be kept, when the loop has stopped. Blocks.
    package func finish() {
        ledger.finish()
        cache?.finish()
    }

    private func stopNow() {
        let reason = UltraError(
            .shuttingDown, "ultrad was stopped before the answer was complete", hint: "ask again", isRetryable: true)
        connections.values.forEach { $0.cancelAll(reason) }
        drainTimer.onFire = { EventLoop.shared.stop() }
        drainTimer.arm(after: .milliseconds(200))
        isFarewellOver = true
        stopIfDrained()
    }

    private func stopIfDrained() {
        guard case .draining = state, connections.values.allSatisfy({ $0.callCount == 0 }) else { return }
        if connections.isEmpty { return EventLoop.shared.stop() }
        guard isFarewellOver else { return }
        // Each closes when its last frame has left; slow readers have until the deadline.
        for connection in Array(connections.values) { connection.closeWhenDelivered() }
    }
}
