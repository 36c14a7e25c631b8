internal import Glibc
internal import UltraAPI
internal import UltraSystem

/// Keeps the ledger's file open, and sets a damaged one aside.
@Disk
final class LedgerStore {
    nonisolated static let name = "ledger.sqlite"
    /// The number of rows deleted in one step: some ten milliseconds.
    static let pruneLimit = 500

    nonisolated let path: String
    private let folder: String
    /// The limit for the file.
    private let limitBytes: Int
    private var file: LedgerFile?
    /// Changes of the file that were not reported yet.
    private var news: [News] = []

    /// A change of the file that an administrator is told of.
    enum News: Sendable, Equatable {
        /// The file was damaged, and is now at this path.
        case setAside(String)
        /// The file was removed or replaced while it was open; a new one was begun.
        case vanished
    }

    /// The result of an operation on the file.
    enum Outcome<Value: Sendable>: Sendable {
        case done(Value)
        case failed(DatabaseError)
        /// The result has more groups than an answer may have.
        case tooMany
    }

    nonisolated init(folder: String, limitBytes: Int) {
        self.folder = folder
        self.limitBytes = limitBytes
        path = "\(folder)/\(Self.name)"
    }

    nonisolated var exists: Bool { access(path, F_OK) == 0 }

    /// The use of the day and the requests of the last minute, at `now` (milliseconds since 1970).
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
            // More than were added, so that a file that is too long becomes shorter.
            if try file.byteCount() > limitBytes { try file.prune(oldest: 2 * max(rows.count, Self.pruneLimit)) }
        }
    }

    /// Closes the file, which removes its journal.
    func finish(_ rows: [LedgerRow]) -> Outcome<Void> {
        defer { close() }
        return rows.isEmpty ? .done(()) : append(rows)
    }

    /// Deletes old rows and compacts others; returns true if there is more to do.
    func maintain(cutoff: Int) -> Outcome<Bool> {
        attempt { (file) throws(DatabaseError) in
            let isSealed = try file.seal()
            return try file.prune(before: cutoff, limit: Self.pruneLimit) == Self.pruneLimit || isSealed
        }
    }

    /// Counts the next piece of a query, so that this thread can do other work between two pieces.
    /// - Returns: true if that was the last piece.
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

    /// The groups of a scan that has ended, with the names of their users.
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

    /// The changes of the file since the last call.
    func takeNews() -> [News] {
        defer { news = [] }
        return news
    }

    /// Closes the file; it is opened anew at its path when it is needed.
    func reopen() {
        close()
    }

    /// Opens the file when it is needed, and again after a failure, since the disk may have changed.
    private func attempt<Value: Sendable>(
        _ body: @Disk (LedgerFile) throws(DatabaseError) -> Value
    ) -> Outcome<Value> {
        do throws(DatabaseError) {
            return .done(try body(try opened()))
        } catch {
            // Keep the file open if only room is missing.
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
            // Without the lock's file the whole folder is gone, which the daemon reports elsewhere.
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

    /// Renames the file together with its journal, so that an administrator can try to repair it.
    private func putAside() -> Bool {
        let time = Timestamp.now.text.filter { $0.isASCII && ($0.isNumber || $0 == "T" || $0 == "Z") }
        let place = "\(path).damaged-\(time)"
        guard rename(path, place) == 0 else { return false }
        for suffix in ["-wal", "-shm"] { rename(path + suffix, place + suffix) }
        news.append(.setAside(place))
        return true
    }
}
