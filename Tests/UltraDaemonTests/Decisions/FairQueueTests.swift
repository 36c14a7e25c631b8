import Testing

@testable import UltraDaemon

struct FairQueueTests {
    @Test("a client with ten thousand in the queue delays another's by no more than one each")
    func crowd() {
        var queue = FairQueue<Int, Int>()
        for item in 0..<10_000 { queue.push(item, for: 0) }
        for _ in 0..<50 { _ = queue.pop() }
        for item in 20_000..<20_010 { queue.push(item, for: 1) }
        var served = 0
        for pops in 1...21 {
            if let item = queue.pop(), item >= 20_000 {
                #expect(item == 20_000 + served)
                served += 1
                #expect(pops <= 2 * served + 1)
            }
        }
        #expect(served == 10)
        #expect(queue.count == 9939)
    }

    @Test("a hundred crowds delay a newcomer by one each")
    func crowds() {
        var queue = FairQueue<Int, Int>()
        for client in 0..<100 {
            for _ in 0..<100 { queue.push(client, for: client) }
        }
        for _ in 0..<250 { _ = queue.pop() }
        queue.push(-1, for: 1000)
        let waits = (0..<101).map { _ in queue.pop() }
        #expect(waits.last == -1)
    }

    /// A simple and slow implementation of the same queue.
    private struct Model {
        var lines: [(client: Int, items: [Int])] = []

        mutating func push(_ item: Int, for client: Int) {
            if let index = lines.firstIndex(where: { $0.client == client }) {
                lines[index].items.append(item)
            } else {
                lines.append((client, [item]))
            }
        }

        mutating func pop() -> Int? {
            guard !lines.isEmpty else { return nil }
            var line = lines.removeFirst()
            let item = line.items.removeFirst()
            if !line.items.isEmpty { lines.append(line) }
            return item
        }

        mutating func removeAll(where isGone: (Int) -> Bool) {
            lines = lines.map { ($0.client, $0.items.filter { !isGone($0) }) }.filter { !$0.1.isEmpty }
        }
    }

    @Test("it does as a plain model does, whatever comes", arguments: 1...20)
    func model(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        var queue = FairQueue<Int, Int>()
        var model = Model()
        for item in 0..<5000 {
            // Phases with more arrivals alternate with phases with more departures.
            let isGrowing = (item / 500).isMultiple(of: 2)
            if Int.random(in: 0..<10, using: &random) < (isGrowing ? 7 : 3) {
                let client = Int.random(in: 0..<(seed * 2), using: &random)
                queue.push(item, for: client)
                model.push(item, for: client)
            } else {
                #expect(queue.pop() == model.pop())
            }
            if item.isMultiple(of: 997) {
                queue.removeAll { $0.isMultiple(of: 3) }
                model.removeAll { $0.isMultiple(of: 3) }
            }
            #expect(queue.count == model.lines.reduce(0) { $0 + $1.items.count })
        }
        while let item = model.pop() { #expect(queue.pop() == item) }
        #expect(queue.pop() == nil)
        #expect(queue.pop() == nil)
    }

    @Test(
        "its cost is constant: a quadratic one would take minutes",
        arguments: [(1, 150_000), (150_000, 150_000), (1000, 150_000), (2, 150_000)])
    func cost(clients: Int, items: Int) {
        var queue = FairQueue<Int, Int>()
        let elapsed = ContinuousClock().measure {
            for item in 0..<items { queue.push(item, for: item % clients) }
            // A queue that stays long.
            for item in 0..<items {
                _ = queue.pop()
                queue.push(item, for: item % clients)
            }
            while queue.pop() != nil {}
        }
        #expect(elapsed < .seconds(20))
        #expect(queue.count == 0)
    }
}
