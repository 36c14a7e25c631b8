import Testing
import UltraSystem

@testable import UltraDaemon

@Suite("Memory: unread answers", .serialized)
struct UnreadAnswersTests {
    private static let mebibyte = 1 << 20

    /// A limit, the other bytes held, the unread bytes, and whether the user is behind and far behind.
    struct Case: Sendable {
        let limit: Int
        let others: Int
        let unread: Int
        let isBehind: Bool
        let isFarBehind: Bool
    }

    @Test(
        "a user is behind with more than half of the free memory unread, and far behind with more than half of all",
        arguments: [
            Case(limit: 128, others: 0, unread: 0, isBehind: false, isFarBehind: false),
            Case(limit: 128, others: 0, unread: 42, isBehind: false, isFarBehind: false),
            Case(limit: 128, others: 0, unread: 43, isBehind: true, isFarBehind: false),
            Case(limit: 128, others: 0, unread: 64, isBehind: true, isFarBehind: false),
            Case(limit: 128, others: 0, unread: 65, isBehind: true, isFarBehind: true),
            Case(limit: 128, others: 64, unread: 21, isBehind: false, isFarBehind: false),
            Case(limit: 128, others: 64, unread: 22, isBehind: true, isFarBehind: false),
            // A user may leave unread what is assured to it, however much the others hold.
            Case(limit: 128, others: 200, unread: 1, isBehind: false, isFarBehind: false),
            Case(limit: 128, others: 200, unread: 2, isBehind: true, isFarBehind: false),
        ])
    func bounds(_ example: Case) {
        var account = ByteAccount(limit: example.limit * Self.mebibyte)
        let (user, other) = (account.open(1), account.open(2))
        account.add(example.others * Self.mebibyte, of: other)
        account.add(example.unread * Self.mebibyte, of: user)
        account.addUnread(example.unread * Self.mebibyte, of: user)
        #expect(account.isBehind(user) == example.isBehind)
        #expect(account.isFarBehind(user) == example.isFarBehind)
        #expect(!account.isBehind(other))
    }

    @Loop
    private final class Reply: LongReply {
        let user: ByteAccount.User
        let number: Int
        var isHeld = true
        var goOns = 0

        init(_ number: Int, _ user: ByteAccount.User) {
            self.number = number
            self.user = user
        }

        func goOn() { goOns += 1 }
        func roomMayBeFree() -> Bool { false }
    }

    @Loop
    private final class Connections {
        let memory: HeldBytes
        let user: ByteAccount.User
        var all: [UnsentCharge] = []
        var given: [Int] = []

        init(_ megabytes: [Int], patience: Duration = .seconds(60)) {
            memory = HeldBytes(limit: 128 << 20, patience: patience)
            user = memory.open(1)
            for (index, count) in megabytes.enumerated() {
                let connection = UnsentCharge(memory, user)
                connection.onGivenUp = { [unowned self] in
                    given.append(index)
                    connection.update(0)
                }
                connection.update(count << 20)
                // Requests 10, 20, 30, …
                connection.finished(10 * (index + 1), isExempt: false)
                all.append(connection)
            }
        }
    }

    @Test("behind, a user's replies pause, except one that is asked before all answers that are unread")
    func awaited() async {
        let results = await LoopThread.run {
            let held = Connections([20, 25])
            let (memory, user) = (held.memory, held.user)
            let (later, between, earlier) = (Reply(30, user), Reply(15, user), Reply(5, user))
            var results = [memory.mustWait(later), memory.mustWait(between), memory.mustWait(earlier)]
            // If the user is far behind, that reply pauses too.
            held.all[0].update(41 << 20)
            results.append(memory.mustWait(earlier))
            // As the clients read, one reply is read at a time until the user is within its share again.
            held.all[0].update(0)
            held.all[1].update(0)
            results += [memory.mustWait(later), memory.mustWait(between)]
            return results
        }
        #expect(results == [true, true, false, true, false, false])
    }

    @Test("of a user beyond its share, the reply to the earliest request is next")
    func earliest() async {
        let goOns = await LoopThread.run {
            let memory = HeldBytes(limit: 128 << 20)
            let user = memory.open(1)
            memory.add(100 << 20, of: user)
            let replies = [3, 9, 4, 7].map { Reply($0, user) }
            for reply in replies { _ = memory.mustWait(reply) }
            memory.replyEnded(replies[0])
            return replies.map(\.goOns)
        }
        #expect(goOns == [0, 0, 1, 0])
    }

    @Test("if nothing is read for the patience, the connection with the most unread bytes is closed, and no other")
    func givenUp() async {
        let (given, first) = await LoopThread.run {
            let held = Connections([20, 30, 10], patience: .milliseconds(30))
            // No reader waits for memory, so everything may stay.
            try? await Loop.sleep(for: .milliseconds(80))
            let first = held.given
            _ = held.memory.mustWait(Reply(40, held.user))
            while held.given.isEmpty { try? await Loop.sleep(for: .milliseconds(1)) }
            try? await Loop.sleep(for: .milliseconds(80))
            return (held.given, first)
        }
        #expect(first == [])
        #expect(given == [1])
    }

    @Test("a short request beyond the share counts as one until its answer is read")
    func exempt() async {
        let admitted = await LoopThread.run {
            let memory = HeldBytes(limit: 128 << 20)
            let user = memory.open(1)
            var connections: [UnsentCharge] = []
            for number in 0..<ByteAccount.exemptLimit {
                guard memory.beginExempt(of: user) else { return [false] }
                memory.endExempt(of: user)
                let connection = UnsentCharge(memory, user)
                connection.update(100 << 10)
                connection.finished(number, isExempt: true)
                connections.append(connection)
            }
            let before = memory.beginExempt(of: user)
            connections[0].update(0)
            return [before, memory.beginExempt(of: user)]
        }
        #expect(admitted == [false, true])
    }
}
