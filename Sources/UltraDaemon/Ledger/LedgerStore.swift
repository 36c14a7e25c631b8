internal import Glibc
internal import UltraAPI
internal import UltraSystem

/// Keeps the ledger's file open, and sets it aside where it is damaged.
@Disk
final class LedgerStore {
    nonisolated static let name = "ledger.sqlite"
    /// Rows deleted in one step: some ten milliseconds.
    static let pruneLimit = 500

    nonisolated let path: String
    private let folder: String
    /// Of the file.
    private let limitBytes: Int
    private var file: LedgerFile?
    /// What happened to the file, until somebody was told.
    private var news: [News] = []

    /// What an administrator is told of the file.
    enum News: Sendable, Equatable {
        /// It was damaged and is now at this place.
        case setAside(String)
        /// It was removed or replaced while it was open: a new one began.
        case vanished
    }

    /// What became of an order.
    enum Outcome<Value: Sendable>: Sendable {
        case done(Value)
        case failed(DatabaseError)
        /// It holds more kinds of requests than an answer may have.
        case tooMany
    }

    nonisolated init(folder: String, limitBytes: Int) {
        self.folder = folder
        self.limitBytes = limitBytes
        path = "\(folder)/\(Self.name)"
    }

    nonisolated var exists: Bool { access(path, F_OK) == 0 }

    /// What the day has seen, and the requests of the last minute, as of `now` (milliseconds since 1970).
    func recall(dayBegan: Int, minuteBegan: Int) -> Outcome<LedgerRecall> {
        var query = UsageQuery(since: dayBegan, until: .max)
        query.keys = [.user, .group, .program]
        return attempt { (file) throws(DatabaseError) in
            var recall = LedgerRecall()
            var tally = UsageTally(query)
            var isTooMuch = false
            try file.eachBlock(since: query.since, until: query.until) { block in
                do throws(UsageTally.TooMany) { try tally.add(block) } catch { isTooMuch = true }
                return !isTooMuch
            }
            do throws(UsageTally.TooMany) { recall.groups = try tally.groups() } catch { isTooMuch = true }
            guard !isTooMuch else { return recall }
            try file.eachRow(since: minuteBegan, limit: LedgerRecall.maxStarts) { row in
                if row.began >= minuteBegan { recall.starts.append(LedgerRecall.Start(row)) }
            }
            recall.members = try file.members(since: dayBegan)
            return recall
        }
    }

    func append(_ rows: [LedgerRow]) -> Outcome<Void> {
        attempt { (file) throws(DatabaseError) in
            try file.append(rows)
            // More than came, so that a file that is too long becomes shorter.
            if try file.byteCount() > limitBytes { try file.prune(oldest: 2 * max(rows.count, Self.pruneLimit)) }
        }
    }

    /// Closed in good order, the file has no journal beside it.
    func finish(_ rows: [LedgerRow]) -> Outcome<Void> {
        defer { close() }
        return rows.isEmpty ? .done(()) : append(rows)
    }

    /// Deletes what is too old and puts rows together; true: there is more to do.
    func maintain(cutoff: Int) -> Outcome<Bool> {
        attempt { (file) throws(DatabaseError) in
            let isSealed = try file.seal()
            return try file.prune(before: cutoff, limit: Self.pruneLimit) == Self.pruneLimit || isSealed
        }
    }

    /// Counts the next piece of what a query is about, so that other work of this thread comes between two pieces.
    /// - Returns: whether that was the last.
    func advance(_ scan: UsageScan) -> Outcome<Bool> {
        var isTooMuch = false
        let outcome = attempt { (file) throws(DatabaseError) -> Bool in
            scan.position = try file.read(
                from: scan.position, since: scan.query.since, until: scan.query.until
            ) { block in
                do throws(UsageTally.TooMany) { try scan.tally.add(block) } catch { isTooMuch = true }
                return !isTooMuch
            }
            return scan.position == .end
        }
        return isTooMuch ? .tooMany : outcome
    }

    /// The groups of a scan that has come to its end, with the names of their users.
    func groups(of scan: UsageScan) -> Outcome<[UsageGroup]> {
        do throws(UsageTally.TooMany) {
            return .done(try scan.takeTally().groups().map(Self.named))
        } catch {
            return .tooMany
        }
    }

    private static func named(_ group: UsageGroup) -> UsageGroup {
        var group = group
        group.user = group.name.uid.flatMap { Accounts.shared.userName(of: $0) }
        group.group = group.name.gid.flatMap { Accounts.shared.groupName(of: $0) }
        return group
    }

    /// What happened to the file since this was asked last.
    func takeNews() -> [News] {
        defer { news = [] }
        return news
    }

    /// Lets go of the file, which is opened anew at its place when it is needed.
    func reopen() {
        close()
    }

    /// The file is opened when it is needed, and after a failure anew: the disk may have changed under it.
    private func attempt<Value: Sendable>(
        _ body: @Disk (LedgerFile) throws(DatabaseError) -> Value
    ) -> Outcome<Value> {
        do throws(DatabaseError) {
            return .done(try body(try opened()))
        } catch {
            // What is open is worth keeping where it is only the room that is missing.
            if error.kind != .full, error.kind != .busy { close() }
            guard error.kind == .damaged, putAside() else { return .failed(error) }
        }
        do throws(DatabaseError) {
            return .done(try body(try opened()))
        } catch {
            close()
            return .failed(error)
        }
    }

    private func opened() throws(DatabaseError) -> LedgerFile {
        if let file {
            if file.isInPlace { return file }
            close()
            // Without the lock's file the whole folder is gone, of which the daemon tells by itself.
            if access("\(folder)/\(StateDirectory.lockName)", F_OK) == 0 { news.append(.vanished) }
        }
        StateFile.makeFolder(folder)
        let file = try LedgerFile(path)
        self.file = file
        return file
    }

    private func close() {
        file?.close()
        file = nil
    }

    /// Renames the file, with the journal that belongs to it: whoever wants to may try to mend it.
    private func putAside() -> Bool {
        let time = RFC3339.string(time(nil)).filter { $0.isASCII && ($0.isNumber || $0 == "T" || $0 == "Z") }
        let place = "\(path).damaged-\(time)"
        guard rename(path, place) == 0 else { return false }
        for suffix in ["-wal", "-shm"] { rename(path + suffix, place + suffix) }
        news.append(.setAside(place))
        return true
    }
}
