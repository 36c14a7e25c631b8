import Foundation
import Testing

@testable import UltraDaemon

@Suite("Memory: bytes held for users")
struct ByteAccountTests {
    /// Fills the account of each user in pieces until nothing more is granted; returns the bytes of each.
    private static func fill(_ users: Int, limit: Int, piece: Int) -> [Int] {
        var account = ByteAccount(limit: limit)
        let names = (0..<users).map { account.open(UInt32($0)) }
        var isFull = false
        while !isFull {
            isFull = true
            for user in names where account.decide(piece, of: user) == .granted {
                account.add(piece, of: user)
                isFull = false
            }
        }
        return names.map { account.bytes(of: $0) }
    }

    @Test("one user gets half of all, two a third each, three a quarter each", arguments: 1...5)
    func shares(users: Int) {
        let limit = 128 << 20
        for bytes in Self.fill(users, limit: limit, piece: 64 << 10) {
            #expect(abs(bytes - limit / (users + 1)) <= 2 * 64 << 10)
        }
    }

    @Test("an assured amount is granted, however much the other users hold")
    func assured() {
        var account = ByteAccount(limit: 128 << 20)
        let crowd = account.open(1)
        account.add(200 << 20, of: crowd)
        let other = account.open(2)
        #expect(account.decide(16 << 10, of: other) == .granted)
        #expect(account.decide(account.assuredBytes, of: other) == .granted)
        #expect(account.decide(account.assuredBytes + 1, of: other) == .refused)
        #expect(account.isOver(crowd) && !account.isOver(other))
    }

    @Test("a user waits for its own bytes, is refused because of others', and never gets more than half")
    func decisions() {
        var account = ByteAccount(limit: 128 << 20)
        let user = account.open(1)
        #expect(account.decide(64 << 20, of: user) == .granted)
        #expect(account.decide(64 << 20 + 1, of: user) == .never)
        account.add(60 << 20, of: user)
        #expect(account.decide(5 << 20, of: user) == .wait)
        #expect(account.decide(4 << 20, of: user) == .granted)
        let other = account.open(2)
        #expect(account.decide(40 << 20, of: other) == .refused)
        // A small request waits, since its user will have room soon.
        account.add(2 << 20, of: other)
        account.add(70 << 20, of: user)
        #expect(account.decide(1000, of: other) == .wait)
    }

    @Test("returned bytes are available again, and a user without connections is forgotten")
    func forgotten() {
        var account = ByteAccount(limit: 1 << 20)
        for round in 0..<1000 {
            let user = account.open(UInt32(round))
            account.add(100_000, of: user)
            #expect(account.held == 100_000)
            account.add(-100_000, of: user)
            account.close(user)
        }
        let first = account.open(1)
        account.add(5, of: first)
        let (same, other) = (account.open(1), account.open(2))
        #expect(same == first && other != first)
        #expect(account.bytes(of: other) == 0)
    }

    @Test(
        "half of the least memory.max around the process, or 128 MB",
        arguments: [
            ([:], 128_000_000),
            (["/proc/self/cgroup": "0::/system.slice/ultrad.service\n"], 128_000_000),
            (
                [
                    "/proc/self/cgroup": "0::/system.slice/ultrad.service\n",
                    "/sys/fs/cgroup/system.slice/ultrad.service/memory.max": "268435456\n",
                    "/sys/fs/cgroup/system.slice/memory.max": "max\n",
                ], 128 << 20
            ),
            (
                [
                    "/proc/self/cgroup": "12:pids:/x\n0::/a/b\n", "/sys/fs/cgroup/a/b/memory.max": "max\n",
                    "/sys/fs/cgroup/a/memory.max": "1073741824\n",
                ], 512 << 20
            ),
            (["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "1000000\n"], 16 << 20),
        ] as [([String: String], Int)])
    func budget(files: [String: String], bytes: Int) {
        #expect(MemoryBudget.bytes { files[$0] } == bytes)
    }

    @Test(
        "half of the unit's memory is what clients may take, and the rest holds the daemon", arguments: ["", "user/"])
    func unit(folder: String) throws {
        let text = try String(
            contentsOf: JournalTests.root.appending(path: "systemd/\(folder)ultrad.service"), encoding: .utf8)
        func bytes(_ name: String) throws -> Int {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(name)=") })
            let megabytes = line.dropFirst(name.count + 1).prefix { $0 != "M" }
            return try #require(Quantity.bytes("\(megabytes)MiB"))
        }
        let most = try bytes("MemoryMax")
        let high = try bytes("MemoryHigh")
        let held = MemoryBudget.bytes { path in
            ["/proc/self/cgroup": "0::/u", "/sys/fs/cgroup/u/memory.max": "\(most)"][path]
        }
        // The idle daemon with its libraries, and the copies of one turn of the loop: a frame, its request, a growing
        // body.
        let daemon = 24 << 20
        let turn = 4 * Limits().frameBytes
        #expect(daemon + held + turn <= high && high <= most)
        // The longest request fits beside another one.
        #expect(2 * ByteAccount.cost(ofFrame: Limits().frameBytes) <= held)
    }
}
