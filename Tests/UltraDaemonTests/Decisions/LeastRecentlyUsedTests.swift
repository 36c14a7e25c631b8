import Testing

@testable import UltraDaemon

@Suite("Cache: eviction")
struct LeastRecentlyUsedTests {
    @Test("the one that was not asked for longest goes first")
    func order() {
        var cache = LeastRecentlyUsed<String, Int>(limitBytes: 30)
        for (number, key) in ["a", "b", "c"].enumerated() { cache.insert(key, number, byteCount: 10, at: 0) }
        #expect(cache.find("a", at: 1, lifetime: 100) == 0)
        cache.insert("d", 3, byteCount: 10, at: 1)
        #expect(cache.find("b", at: 1, lifetime: 100) == nil)
        #expect(["a", "c", "d"].allSatisfy { cache.find($0, at: 1, lifetime: 100) != nil })
        #expect(cache.byteCount == 30)
        #expect(cache.evictions == 1)
        cache.insert("e", 4, byteCount: 25, at: 1)
        #expect(cache.count == 1)
        #expect(cache.evictions == 4)
    }

    @Test("an entry larger than the bound is not kept, and evicts only the one it replaces")
    func large() {
        var cache = LeastRecentlyUsed<String, Int>(limitBytes: 30)
        cache.insert("a", 0, byteCount: 10, at: 0)
        cache.insert("b", 0, byteCount: 10, at: 0)
        cache.insert("a", 1, byteCount: 31, at: 0)
        #expect(cache.find("a", at: 0, lifetime: 100) == nil)
        #expect(cache.find("b", at: 0, lifetime: 100) == 0)
        #expect(cache.byteCount == 10)
    }

    @Test("an entry lives from when it was stored, however often it is asked for")
    func lifetime() {
        var cache = LeastRecentlyUsed<String, Int>(limitBytes: 30)
        cache.insert("a", 0, byteCount: 10, at: 1000)
        #expect(cache.find("a", at: 1099, lifetime: 100) == 0)
        #expect(cache.find("a", at: 1100, lifetime: 100) == nil)
        #expect(cache.count == 0)
        #expect(cache.byteCount == 0)
        cache.insert("a", 1, byteCount: 10, at: 1100)
        cache.insert("a", 2, byteCount: 12, at: 1150)
        #expect(cache.find("a", at: 1249, lifetime: 100) == 2)
        #expect(cache.byteCount == 12)
    }

    @Test("a lower bound takes effect at once; forgetting all of it leaves nothing")
    func bounds() {
        var cache = LeastRecentlyUsed<Int, Int>(limitBytes: 100)
        for number in 0..<10 { cache.insert(number, number, byteCount: 10, at: 0) }
        cache.limitBytes = 35
        #expect(cache.count == 3)
        #expect(cache.find(9, at: 0, lifetime: 1) == 9)
        cache.removeAll()
        #expect(cache.count == 0)
        #expect(cache.byteCount == 0)
        #expect(cache.find(9, at: 0, lifetime: 1) == nil)
        cache.insert(1, 1, byteCount: 10, at: 0)
        #expect(cache.find(1, at: 0, lifetime: 1) == 1)
    }

    /// The same cache as a list, simple and slow.
    private struct Plain {
        var entries: [(key: Int, value: Int, bytes: Int, at: Int)] = []

        mutating func find(_ key: Int, at now: Int, lifetime: Int) -> Int? {
            guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
            let entry = entries.remove(at: index)
            guard now - entry.at < lifetime else { return nil }
            entries.append(entry)
            return entry.value
        }

        mutating func insert(_ key: Int, _ value: Int, _ bytes: Int, at now: Int, limit: Int) {
            entries.removeAll { $0.key == key }
            guard bytes <= limit else { return }
            entries.append((key, value, bytes, now))
            while entries.reduce(0, { $0 + $1.bytes }) > limit { entries.removeFirst() }
        }
    }

    @Test("it does what a plain list does, in 20,000 steps", arguments: [UInt64(1), 2])
    func differential(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var cache = LeastRecentlyUsed<Int, Int>(limitBytes: 200)
        var plain = Plain()
        for step in 0..<20_000 {
            let key = Int.random(in: 0..<40, using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<9:
                let found = cache.find(key, at: step, lifetime: 300)
                #expect(found == plain.find(key, at: step, lifetime: 300))
            case 9..<18:
                let bytes = Int.random(in: 0..<40, using: &random) * (step % 50 == 0 ? 10 : 1)
                cache.insert(key, step, byteCount: bytes, at: step)
                plain.insert(key, step, bytes, at: step, limit: 200)
            case 18:
                cache.remove(key)
                plain.entries.removeAll { $0.key == key }
            default:
                guard step % 7 == 0 else { break }
                cache.removeAll()
                plain.entries = []
            }
            #expect(cache.count == plain.entries.count)
            #expect(cache.byteCount == plain.entries.reduce(0) { $0 + $1.bytes })
        }
    }
}
