internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// `status`: the state of the daemon as a whole, as far as the caller may see it.
struct StatusOperation: Operation {
    private unowned let daemon: Daemon

    init(_ daemon: Daemon) {
        self.daemon = daemon
    }

    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) {
        let visibility = daemon.loaded.administrators.visibility(for: call.caller)
        call.end(Report(StatusReport(of: daemon, visibility)))
    }
}

extension StatusReport {
    @Loop
    init(of daemon: Daemon, _ visibility: Visibility) {
        self.init()
        version = daemon.version
        protocolVersion = 1
        pid = visibility.showsSetup ? Int(getpid()) : nil
        uptimeMilliseconds = Int((EventLoop.now - daemon.startedAt) / 1_000_000)
        state = daemon.isDraining ? "draining" : "running"
        configuration = Configuration(daemon.loaded, visibility)
        providers = daemon.registry.providers.map { ProviderReport($0, visibility) }
        connections.byUser = daemon.connectionCounts.byUser.filter { visibility.shows($0.key) }
        connections.open = connections.byUser.values.reduce(0, +)
        let figures = daemon.activity.activity.figures(visibility)
        requests.inFlight = figures.usage.inFlight
        requests.queued = daemon.registry.providers.reduce(0) { $0 + $1.gate.queued }
        requests.total = figures.usage.total
        requests.failed = figures.usage.failures
        pool = visibility.showsSetup ? daemon.transport.pool.map(PoolReport.init) : []
        cache = CacheReport(daemon.cache)
        let now = RealTime.now
        today = Today(figures.today.today(at: now))
        ledger = LedgerReport(daemon.ledger, visibility)
        probeSpendTodayMicroUSD = daemon.registry.probeSpend.today(at: now)
        rssBytes = ProcessMemory.residentBytes
        watchdog.isEnabled = daemon.watchdog != nil
        watchdog.pings = daemon.watchdog?.pings ?? 0
        watchdog.lagMilliseconds = EventLoop.shared.lag.milliseconds
        watchdog.longestTurnMilliseconds = EventLoop.shared.longestTurn.milliseconds
        memory.heldBytes = daemon.memory.account.held
        memory.limitBytes = daemon.memory.account.limit
    }
}

extension StatusReport.Configuration {
    @Loop
    fileprivate init(_ loaded: LoadedConfiguration, _ visibility: Visibility) {
        self.init()
        loadedAt = Timestamp(seconds: loaded.at)
        guard visibility.showsSetup else { return }
        path = loaded.configuration.file
        warnings = loaded.warnings
    }
}

extension StatusReport.Today {
    fileprivate init(_ totals: DayTotals) {
        self.init()
        requests = totals.requests
        inputTokens = totals.inputTokens
        outputTokens = totals.outputTokens
        costMicroUSD = totals.costMicroUSD
    }
}

extension PoolReport {
    fileprivate init(_ figures: PoolHost) {
        self.init()
        host = figures.name
        open = figures.open
        idle = figures.idle
        handshakes = figures.handshakes
        reused = figures.reused
        httpVersion = figures.version
        resolvedAt = figures.connectedAt.map { Timestamp(seconds: $0) }
    }
}

extension CacheReport {
    @Loop
    fileprivate init(_ cache: AnswerCache?) {
        self.init()
        let figures = cache?.figures ?? CacheFigures()
        isEnabled = cache != nil
        hits = figures.hits
        misses = figures.misses
        coalesced = figures.coalesced
        entries = cache?.entries ?? 0
        bytes = cache?.memoryBytes ?? 0
        fileEntries = cache?.fileFigures.entries ?? 0
        fileBytes = cache?.fileFigures.bytes ?? 0
        savedMicroUSD = figures.savedMicroUSD
    }
}

extension LedgerReport {
    @Loop
    fileprivate init(_ ledger: Ledger, _ visibility: Visibility) {
        self.init()
        path = visibility.showsSetup ? ledger.path : nil
        pending = ledger.pending
        lost = ledger.lost
        switch ledger.state {
        case .recording: state = "recording"
        case .off(let why):
            state = "off"
            error = why
        case .failing(let start, let why):
            state = "failing"
            error = why
            since = Timestamp(seconds: start / 1000)
        }
    }
}
