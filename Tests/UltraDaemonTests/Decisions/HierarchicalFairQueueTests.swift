import Testing

@testable import UltraDaemon

@Suite("Queue: turns by user, then by process")
struct HierarchicalFairQueueTests {
    private typealias Queue = HierarchicalFairQueue<Int>

    private static func client(_ uid: UInt32, _ pid: Int32) -> Queue.Client { Queue.Client(uid: uid, pid: pid) }

    @Test("forty processes of one user delay another user by one")
    func processes() {
        var queue = Queue(limit: 20_000)
        for pid in 0..<40 as Range<Int32> {
            for item in 0..<10 { #expect(queue.push(item, for: Self.client(1, pid)) == nil) }
        }
        #expect(queue.push(-1, for: Self.client(2, 99)) == nil)
        let first = [queue.pop()?.item, queue.pop()?.item]
        #expect(first.contains(-1))
    }

    @Test("within a user, processes take turns")
    func turns() {
        var queue = Queue(limit: 100)
        for item in 0..<3 { _ = queue.push(item, for: Self.client(1, 1)) }
        for item in 10..<12 { _ = queue.push(item, for: Self.client(1, 2)) }
        #expect((0..<6).map { _ in queue.pop()?.item } == [0, 10, 1, 11, 2, nil])
    }

    @Test("a user has a quarter of the places, and gives way where its own line is longest")
    func quarter() {
        var queue = Queue(limit: 400)
        for item in 0..<100 { #expect(queue.push(item, for: Self.client(1, 1)) == nil) }
        #expect(queue.push(100, for: Self.client(1, 1)) == 100)
        // Another process of that user replaces the newest request of the user's longest line.
        #expect(queue.push(500, for: Self.client(1, 2)) == 99)
        // Another user is not affected.
        #expect(queue.push(600, for: Self.client(2, 3)) == nil)
        #expect(queue.count == 101)
    }

    @Test("when the queue is full, the newest request of the user with the most is dropped")
    func full() {
        var queue = Queue(limit: 256)
        for uid in 1...4 as ClosedRange<UInt32> {
            for item in 0..<64 { #expect(queue.push(Int(uid) * 1000 + item, for: Self.client(uid, 1)) == nil) }
        }
        _ = queue.pop()
        #expect(queue.push(1, for: Self.client(9, 1)) == nil)
        let crowdedOut = queue.push(2, for: Self.client(9, 1))
        #expect(crowdedOut.map { $0 % 1000 } == 63)
        #expect(queue.count == 256)
    }

    @Test("a user that may not have its turn is passed over, and has it when it may")
    func passedOver() {
        var queue = Queue(limit: 1000)
        for item in 0..<100 { _ = queue.push(item, for: Self.client(1, 1)) }
        for item in 100..<103 { _ = queue.push(item, for: Self.client(2, 1)) }
        for expected in 100..<103 {
            let (uid, item) = queue.pop { $0 != 1 } ?? (0, -1)
            #expect(uid == 2 && item == expected)
        }
        for _ in 0..<1000 { #expect(queue.pop { $0 != 1 } == nil) }
        #expect(queue.count == 100 && queue.pop()?.item == 0)
    }

    @Test("one user may have all of a few places; with no places nobody has one")
    func few() {
        var queue = Queue(limit: 8)
        for item in 0..<8 { #expect(queue.push(item, for: Self.client(1, 1)) == nil) }
        #expect(queue.push(8, for: Self.client(1, 1)) == 8)
        var none = Queue(limit: 0)
        #expect(none.push(1, for: Self.client(1, 1)) == 1 && none.pop() == nil)
    }

    @Test("in any order of pushes and removals, every request comes out once", arguments: 1...10)
    func everything(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        var queue = Queue(limit: 300)
        var inside: Set<Int> = []
        for item in 0..<5000 {
            if Int.random(in: 0..<10, using: &random) < 6 {
                let client = Self.client(.random(in: 0..<6, using: &random), .random(in: 0..<3, using: &random))
                inside.insert(item)
                if let gone = queue.push(item, for: client) { #expect(inside.remove(gone) != nil) }
            } else if let popped = queue.pop()?.item {
                #expect(inside.remove(popped) != nil)
            }
            if item.isMultiple(of: 701) {
                queue.removeAll { $0.isMultiple(of: 5) }
                inside = inside.filter { !$0.isMultiple(of: 5) }
            }
            #expect(queue.count == inside.count)
        }
        while let popped = queue.pop()?.item { #expect(inside.remove(popped) != nil) }
        #expect(inside.isEmpty)
    }
}
