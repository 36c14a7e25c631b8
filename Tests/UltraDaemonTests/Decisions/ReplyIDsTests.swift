import Testing

@testable import UltraDaemon

@Suite("Reply ids") struct ReplyIDsTests {
    @Test("no number comes twice in one process, and another process has others")
    func unique() {
        var (one, other) = (ReplyIDs(seed: 1), ReplyIDs(seed: 2))
        let first = (0..<10_000).map { _ in one.next() }
        let second = (0..<10_000).map { _ in other.next() }
        #expect(Set(first + second).count == 20_000)
        // Test values published with the algorithm.
        var zero = ReplyIDs(seed: 0)
        #expect(zero.next() == 0xE220_A839_7B1D_CDAF)
        #expect(ReplyIDs() != ReplyIDs())
    }
}
