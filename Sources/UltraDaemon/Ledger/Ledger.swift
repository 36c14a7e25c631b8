internal import Logging
internal import UltraAPI
internal import UltraSystem

/// The ledger as the loop sees it: rows are collected, and written soon after by the disk's thread.
///
/// No request waits for the disk, and none fails because of it. A failure is logged once, and so is its end.
@Loop
final class Ledger {
    enum State: Equatable {
        case recording
        /// Nothing is recorded; the reason.
        case off(String)
        /// The disk accepts no rows: since when (milliseconds since 1970), and the reason.
        case failing(since: Int, String)
    }

    private(set) var state: State
    private var backlog = LedgerBacklog()
    private var store: LedgerStore?
    private let retention: Duration
    private let log: Logger
    private let timer = Timer {}
    private let upkeep = Timer {}
    private var isWriting = false
    private var isMaintaining = false
    private var lostTold = 0

    /// The time between two deletions of old rows.
    static let upkeepInterval = Duration.seconds(3600)
    private static let pauseOfUpkeep = Duration.milliseconds(50)
    /// The longest wait for the disk at the start and at the end of the daemon.
    private static let patience = Duration.seconds(5)

    /// - Parameter folder: nil: there is no state directory.
    init(_ settings: LedgerSettings, folder: String?, _ log: Logger) {
        self.log = log
        retention = settings.retention
        if settings.retention == .zero {
            store = nil
            state = .off("ledger.retention is 0")
        } else if let folder {
            store = LedgerStore(folder: folder, limitBytes: settings.diskBytes)
            state = .recording
        } else {
            store = nil
            state = .off("there is no state directory")
        }
        timer.onFire = { [unowned self] in handOver() }
        upkeep.onFire = { [unowned self] in maintain() }
    }

    isolated deinit {
        timer.cancel()
        upkeep.cancel()
    }

    var path: String? { store?.path }
    var pending: Int { backlog.rows.count }
    var lost: Int { backlog.lost }

    // MARK: - Start and end

    /// Opens the file and reads the use of the day; nil: the file cannot be read now. Blocks.
    func recall(at now: Int) -> LedgerRecall? {
        guard let store else { return nil }
        upkeep.arm(after: Self.pauseOfUpkeep)
        // A missing file is created by the upkeep, which reports failures, so that the first start does not wait for
        // the disk.
        guard store.exists else { return LedgerRecall() }
        let dayBegan = now - now % 86_400_000
        let found = Disk.wait(atMost: Self.patience) {
            (store.recall(dayBegan: dayBegan, minuteBegan: now - 60_000), store.takeNews())
        }
        guard let (outcome, news) = found else {
            log.warning("the ledger takes long to read: today's use is not known yet")
            return nil
        }
        tell(news)
        switch outcome {
        case .done(let recall): return recall
        case .failed(let error): failing(error)
        case .tooMany: break
        }
        return nil
    }

    /// Writes the remaining rows and closes the file. Blocks.
    func finish() {
        timer.cancel()
        upkeep.cancel()
        guard let store else { return }
        let rows = backlog.take()
        let outcome = Disk.wait(atMost: Self.patience) { store.finish(rows) }
        if case .done = outcome { return }
        guard !rows.isEmpty else { return }
        log.warning("\(rows.count) requests are missing from the ledger", metadata: ["ultra_path": "\(store.path)"])
    }

    // MARK: - The folder

    /// Writes to the file at its path from now on, because the folder was replaced.
    func reopen() {
        guard let store else { return }
        Disk.perform { store.reopen() }
        maintain()
    }

    /// Records nothing from now on.
    func turnOff(_ reason: String) {
        guard let store else { return }
        self.store = nil
        state = .off(reason)
        timer.cancel()
        upkeep.cancel()
        backlog.giveUp()
        Disk.perform { store.reopen() }
    }

    // MARK: - Writing

    /// Records a row; usually a few tenths of a microsecond.
    func record(_ row: consuming LedgerRow) {
        guard store != nil else { return }
        backlog.append(row)
        if backlog.rows.count >= LedgerBacklog.batch, case .recording = state {
            handOver()
        } else if !timer.isArmed, !isWriting {
            timer.arm(after: LedgerBacklog.patience)
        }
    }

    /// Writes one batch at a time; the next one grows meanwhile.
    private func handOver() {
        guard !isWriting, !backlog.rows.isEmpty else { return }
        isWriting = true
        Loop.spawn { [self] in
            await flush()
            isWriting = false
            if !timer.isArmed, !backlog.rows.isEmpty { timer.arm(after: LedgerBacklog.patience) }
        }
    }

    /// Writes all rows there are.
    private func flush() async {
        guard let store else { return }
        timer.cancel()
        let rows = backlog.take()
        guard !rows.isEmpty else { return }
        let outcome = await store.append(rows)
        tell(await store.takeNews())
        switch outcome {
        case .done:
            recovered()
        case .failed(let error):
            let pause = backlog.failed(rows)
            failing(error)
            timer.arm(after: pause)
        case .tooMany:
            break
        }
    }

    /// Deletes old rows and compacts others, in steps between which the disk's thread does other work.
    private func maintain() {
        upkeep.arm(after: Self.upkeepInterval)
        guard let store, !isMaintaining else { return }
        isMaintaining = true
        let cutoff = RealTime.now - retention.wholeMilliseconds
        Loop.spawn { [self] in
            var outcome = await store.maintain(cutoff: cutoff)
            while case .done(true) = outcome {
                do throws(CancellationError) { try await Loop.sleep(for: Self.pauseOfUpkeep) } catch { break }
                outcome = await store.maintain(cutoff: cutoff)
            }
            tell(await store.takeNews())
            if case .failed(let error) = outcome { failing(error) }
            isMaintaining = false
        }
    }

    // MARK: - Reading

    func usage(_ query: UsageQuery) async throws(UltraError) -> [UsageGroup] {
        guard let store else {
            var reason = "nothing is recorded"
            if case .off(let why) = state { reason += ": \(why)" }
            throw UltraError(.internal, reason, hint: "see [ledger] in ultrad.toml")
        }
        await flush()
        var query = query
        query.since = max(query.since, RealTime.now - retention.wholeMilliseconds)
        let scan = UsageScan(query)
        while !(try result(await store.advance(scan), store)) {
            // The client is gone, or its time is up.
            guard !Task.isCancelled else { throw UltraError(.cancelled, "the request was cancelled") }
        }
        let groups = await store.groups(of: scan)
        tell(await store.takeNews())
        return try result(groups, store)
    }

    private func result<Value>(
        _ outcome: LedgerStore.Outcome<Value>, _ store: LedgerStore
    ) throws(UltraError) -> Value {
        switch outcome {
        case .done(let value): return value
        case .tooMany:
            throw UltraError(
                .invalidRequest, "the answer would have more than \(UsageQuery.maxGroups) rows",
                hint: "ask for a shorter time, fewer keys, or with a filter", field: "group_by")
        case .failed(let error):
            log.notice("the ledger cannot be read: \(error)", metadata: ["ultra_path": "\(store.path)"])
            throw UltraError(
                .internal, "the ledger cannot be read: \(error)", hint: "see ultrad's log, which names its file")
        }
    }

    // MARK: - Reporting

    private func failing(_ error: DatabaseError) {
        guard let store else { return }
        if case .failing(let since, _) = state {
            state = .failing(since: since, "\(error)")
            return
        }
        state = .failing(since: RealTime.now, "\(error)")
        log.warning(
            "the ledger is not written: \(error). Requests go on; \(Self.remedy(error.kind))",
            metadata: ["ultra_path": "\(store.path)"])
    }

    private static func remedy(_ kind: DatabaseError.Kind) -> String {
        switch kind {
        case .full: "make room on that disk"
        case .readOnly, .unreachable: "make the folder writable for ultrad, or set daemon.state_directory"
        case .busy: "find out what holds the file"
        case .damaged, .disk, .other: "see to that file"
        }
    }

    private func recovered() {
        backlog.succeeded()
        guard case .failing(let since, _) = state else { return }
        state = .recording
        let lost = backlog.lost - lostTold
        lostTold = backlog.lost
        log.notice(
            "the ledger is written again; it lacks \(lost) requests of \((RealTime.now - since) / 1000) s",
            metadata: ["ultra_path": "\(store?.path ?? "")"])
    }

    private func tell(_ news: [LedgerStore.News]) {
        for item in news {
            let text: Logger.Message =
                switch item {
                case .setAside(let place): "the ledger was damaged: it was set aside as \(place), and a new one begins"
                case .vanished: "the ledger's file was removed or replaced while ultrad ran: a new one begins"
                }
            log.warning(text, metadata: ["ultra_path": "\(path ?? "")"])
        }
    }
}
