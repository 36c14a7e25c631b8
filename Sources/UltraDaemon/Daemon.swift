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
    var retryBudget = RetryBudget()
    /// nil: the configuration wants none.
    var cache: AnswerCache?
    /// By provider id.
    private(set) var probers: [String: Prober] = [:]
    private let warmPool = WarmPool()
    /// What survives a restart; nil: there is no place for it.
    private(set) var store: RegistryStore?
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
    var usage = UsageCount()
    var metrics = RequestMetrics()
    var today = DayTotals()
    let ledger: Ledger
    var budgets: Budgets
    private(set) var state = State.running
    private(set) var connections: [ObjectIdentifier: ClientConnection] = [:]

    let service = ServiceNotifier()
    private var listeners: [Listener] = []
    private var signals: [AnyObject] = []
    /// By provider id.
    private var probing: [String: Task<Void, Never>] = [:]
    private var deepProbing: Task<Void, Never>?
    private var lastStatus = ""
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
        administrators = Administrators(group: configuration.adminGroup)
        self.version = version
        self.log = log
        ledger = Ledger(configuration.ledger, folder: configuration.stateDirectory, log)
        budgets = Budgets(Self.budgetRules(configuration, log))
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
        if listeners.isEmpty { listeners = [try listen(configuration.socketPath)] }
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
        for listener in listeners {
            listener.accept { [unowned self] socket in accept(socket) }
        }
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
    func configure(_ new: Configuration, warnings: [String]) {
        configuration = new
        loadedAt = time(nil)
        administrators = Administrators(group: new.adminGroup)
        self.warnings = warnings + ownWarnings
        log.logLevel = new.logLevel
        store?.log.logLevel = new.logLevel
    }

    /// What is odd about the configuration as it is.
    private var ownWarnings: [String] {
        guard let group = administrators.group, administrators.groupID == nil, group != Configuration.defaultAdminGroup
        else { return [] }
        return ["this machine has no group \(group), which daemon.admin_group names"]
    }

    /// After a reload.
    func tellReloaded() {
        lastStatus = statusLine
        service.ready(status: lastStatus)
    }

    /// One line for `systemctl status`, when it says something new.
    func tellServiceManager() {
        guard case .running = state, statusLine != lastStatus else { return }
        lastStatus = statusLine
        service.status(lastStatus)
    }

    private func listen(_ path: String) throws(StartFailure) -> Listener {
        do throws(Listener.Failure) {
            return try Listener(path: path)
        } catch {
            throw StartFailure(message: Self.words(for: error, path), exitCode: EXIT_FAILURE)
        }
    }

    private static func words(for failure: Listener.Failure, _ path: String) -> String {
        switch failure {
        case .inUse: "another ultrad listens on \(path): stop it, or name another socket with --socket"
        case .pathTooLong: "\(path) is too long for a socket (107 bytes): name another with --socket"
        case .notASocket: "\(path) exists and is no socket: remove it, or name another with --socket"
        case .system(let error): "cannot listen on \(path) (\(error)): name another socket with --socket"
        }
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

    private func accept(_ socket: StreamSocket) {
        // Dropping the socket closes it: the client sees the end before any answer, and may try again.
        guard connections.count < limits.connections, case .running = state else { return }
        let ofUser = connections.values.count { $0.peer.uid == socket.peer.uid }
        guard ofUser < limits.connectionsPerUser else { return }
        let connection = ClientConnection(socket, self, limits)
        connections[ObjectIdentifier(connection)] = connection
    }

    func closed(_ connection: ClientConnection) {
        connections[ObjectIdentifier(connection)] = nil
        stopIfDrained()
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
            log.note(.stopping, "stopping", ["ultra_signal": signal, "ultra_in_flight": "\(usage.inFlight)"])
            drainReport = DrainReport(service) { [unowned self] in
                DrainReport.State(requests: usage.inFlight, sentBytes: sentByteCount)
            }
            listeners = []
            probing.values.forEach { $0.cancel() }
            deepProbing?.cancel()
            warmPool.stop()
            store?.save()
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
