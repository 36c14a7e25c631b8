import Foundation
import ScriptedProvider
import Synchronization
import Testing
import UltraSystem

@testable import UltraDaemon

@Suite("Cache: its file")
struct CacheFileTests {
    /// Collects the failures that a cache file reports.
    final class Complaints: Sendable {
        let kinds = Mutex<[DatabaseError.Kind]>([])
    }

    static func key(_ number: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(number & 255), count: 31) + [UInt8(number >> 8)]
    }

    /// Runs `body` with an opened file on the disk thread.
    static func with<Result: Sendable>(
        _ folder: String, limit: Int = 1 << 20, lifetime: Int = 1000, at now: Int = 0,
        _ complaints: Complaints = Complaints(), _ body: @escaping @Disk @Sendable (CacheFile) -> Result
    ) throws -> Result {
        let file = CacheFile(folder: folder, limitBytes: limit, lifetimeMilliseconds: lifetime) { error in
            complaints.kinds.withLock { $0.append(error.kind) }
        }
        return try #require(
            Disk.wait(atMost: .seconds(10)) {
                _ = file.open(at: now)
                return body(file)
            })
    }

    @Test("a stored answer survives a restart, until it is too old")
    func restart() throws {
        let folder = try TemporaryFolder("ultra-cache")
        let stored = try Self.with(folder.path) { file in
            _ = file.insert(Self.key(1), [1, 2, 3], at: 100)
            _ = file.insert(Self.key(1), [4, 5], at: 150)
            return file.insert(Self.key(2), [6], at: 500)
        }
        #expect(stored.entries == 2)
        let found = try Self.with(folder.path, at: 1149) { file in
            [file.find(Self.key(1), at: 1149), file.find(Self.key(1), at: 1150), file.find(Self.key(3), at: 1149)]
        }
        #expect(found.map { $0?.record } == [[4, 5], nil, nil])
        #expect(found[0]?.storedAt == 150)
        // Expired answers are removed when the file is opened.
        let left = try Self.with(folder.path, at: 1200) { $0.figures }
        #expect(left.entries == 1)
    }

    @Test("the file stays within its bound: the least recently used answers are evicted")
    func bound() throws {
        let folder = try TemporaryFolder("ultra-cache")
        let record = [UInt8](repeating: 7, count: 10_000)
        let (figures, found) = try Self.with(folder.path, limit: 1 << 20, lifetime: 1_000_000) { file in
            for number in 0..<400 {
                _ = file.insert(Self.key(number), record, at: number)
                // The first answer is read again and again.
                if number % 10 == 0 { _ = file.find(Self.key(0), at: number) }
            }
            return (file.figures, [0, 1, 399].map { file.find(Self.key($0), at: 400) != nil })
        }
        #expect(figures.bytes <= 1 << 20)
        #expect((80...104).contains(figures.entries), "\(figures)")
        #expect(found == [true, false, true])
        let size = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/cache.db")[.size] as? Int ?? 0
        #expect(size < 2 << 20)
        let mode =
            try FileManager.default.attributesOfItem(atPath: "\(folder.path)/cache.db")[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("a lower bound takes effect at the next start, and clearing leaves nothing")
    func clear() throws {
        let folder = try TemporaryFolder("ultra-cache")
        let record = [UInt8](repeating: 7, count: 1000)
        _ = try Self.with(folder.path) { file in
            for number in 0..<100 { _ = file.insert(Self.key(number), record, at: number) }
        }
        let smaller = try Self.with(folder.path, limit: 20_000) { $0.figures }
        #expect(smaller.bytes <= 20_000)
        #expect(smaller.entries > 0)
        let (cleared, after, found) = try Self.with(folder.path) { file in
            (file.clear(), file.figures, file.find(Self.key(99), at: 100))
        }
        #expect(cleared == smaller)
        #expect(after == CacheFile.Figures())
        #expect(found == nil)
        #expect(try Self.with(folder.path) { $0.insert(Self.key(1), record, at: 0).entries } == 1)
    }

    @Test("a file that is no database, or of another version, is replaced", arguments: ["noise", "version"])
    func damaged(how: String) throws {
        let folder = try TemporaryFolder("ultra-cache")
        if how == "noise" {
            try folder.write("cache.db", String(repeating: "no database at all ", count: 500))
        } else {
            _ = try Self.with(folder.path) { file in
                _ = file.insert(Self.key(1), [1], at: 0)
                return true
            }
            let path = "\(folder.path)/cache.db"
            let changed = Disk.wait(atMost: .seconds(10)) {
                (try? Database(path).execute("PRAGMA user_version=7")) != nil
            }
            #expect(changed == true)
        }
        let complaints = Complaints()
        let found = try Self.with(folder.path, complaints) { file in
            let before = file.find(Self.key(1), at: 0)
            _ = file.insert(Self.key(2), [2], at: 0)
            return [before?.record, file.find(Self.key(2), at: 0)?.record]
        }
        #expect(found == [nil, [2]])
        #expect(complaints.kinds.withLock { $0 } == [])
    }

    @Test("without a usable file nothing is kept, and this is reported once")
    func unreachable() throws {
        let folder = try TemporaryFolder("ultra-cache")
        try folder.write("file", "")
        let complaints = Complaints()
        let found = try Self.with("\(folder.path)/file", complaints) { file in
            for number in 0..<3 { _ = file.insert(Self.key(number), [1], at: 0) }
            return file.find(Self.key(1), at: 0)
        }
        #expect(found == nil)
        #expect(complaints.kinds.withLock { $0.count } == 1)
    }
}
