import Testing

@testable import UltraDaemon

@Suite("The log's lines of failed requests")
struct FailureLinesTests {
    private static let minute: UInt64 = 60_000_000_000

    @Test("a user has a limited number of lines a minute, and the next one counts the suppressed ones")
    func bound() {
        var lines = FailureLines()
        let first = (0..<200).map { lines.isDue(1, at: UInt64($0)) }
        #expect(first.prefix(FailureLines.aMinute).allSatisfy { $0 == 0 })
        #expect(first.dropFirst(FailureLines.aMinute).allSatisfy { $0 == nil })
        #expect(lines.isDue(1, at: Self.minute) == 200 - FailureLines.aMinute)
        #expect(lines.isDue(1, at: Self.minute + 1) == 0)
    }

    @Test("another user's lines are not left out with them")
    func others() {
        var lines = FailureLines()
        for turn in 0..<1000 { _ = lines.isDue(1, at: UInt64(turn)) }
        #expect(lines.isDue(2, at: 1000) == 0)
    }
}
