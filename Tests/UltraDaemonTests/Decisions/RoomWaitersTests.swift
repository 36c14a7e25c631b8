import Testing
import UltraSystem

@testable import UltraDaemon

@Suite("Memory: readers that wait for room")
struct RoomWaitersTests {
    @Loop
    private final class Waiter: RoomWaiter {
        let user: ByteAccount.User
        let number: Int

        init(_ number: Int, _ user: ByteAccount.User) {
            self.number = number
            self.user = user
        }

        func roomMayBeFree() -> Bool { true }
    }

    @Loop
    private static func waiters(_ count: Int) -> [Waiter] {
        var account = ByteAccount(limit: 1 << 20)
        let user = account.open(1)
        return (0..<count).map { Waiter($0, user) }
    }

    @Loop
    private static func numbers(_ waiters: [any RoomWaiter]) -> [Int] { waiters.compactMap { ($0 as? Waiter)?.number } }

    @Test("each is in it once, in the order they came")
    func order() async {
        let (first, second, isEmpty) = await LoopThread.run {
            let five = Self.waiters(5)
            var line = RoomWaiters()
            for waiter in five + five { line.append(waiter) }
            let first = Self.numbers(line.all)
            line.remove(five[1])
            line.remove(five[1])
            line.remove(five[4])
            line.append(five[1])
            return (first, Self.numbers(line.removeAll()), line.isEmpty && line.removeAll().isEmpty)
        }
        #expect(first == [0, 1, 2, 3, 4])
        #expect(second == [0, 2, 3, 1])
        #expect(isEmpty)
    }

    @Test("the gaps of those who have gone are closed, and those who stay can still go")
    func gaps() async {
        let (count, left) = await LoopThread.run {
            let many = Self.waiters(1000)
            var line = RoomWaiters()
            for waiter in many { line.append(waiter) }
            for waiter in many[..<990] { line.remove(waiter) }
            let count = line.count
            for waiter in many[990..<995] { line.remove(waiter) }
            return (count, Self.numbers(line.all))
        }
        #expect(count == 10)
        #expect(left == [995, 996, 997, 998, 999])
    }
}
