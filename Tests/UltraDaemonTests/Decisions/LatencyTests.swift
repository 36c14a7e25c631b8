import Testing

@testable import UltraDaemon

struct LatencyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let samples: [Double]
        let share: Double
        let expected: Double?
        var testDescription: String { "\(share) of \(samples)" }
    }

    @Test(
        "a percentile is the nearest rank",
        arguments: [
            Case(samples: [], share: 0.5, expected: nil),
            Case(samples: [7], share: 0.5, expected: 7),
            Case(samples: [7], share: 0, expected: 7),
            Case(samples: [2, 1], share: 0.5, expected: 1),
            Case(samples: [3, 1, 2], share: 0.5, expected: 2),
            Case(samples: [4, 3, 2, 1], share: 0.5, expected: 2),
            Case(samples: (1...20).map(Double.init), share: 0.95, expected: 19),
            Case(samples: (1...20).map(Double.init), share: 1, expected: 20),
        ])
    func percentile(_ row: Case) {
        var latency = Latency()
        for sample in row.samples { latency.record(sample) }
        #expect(latency.percentile(row.share) == row.expected)
    }

    @Test("only the last samples count, and memory does not grow with them")
    func window() {
        var latency = Latency()
        for _ in 0..<1000 { latency.record(9000) }
        for sample in 1...Latency.sampleLimit { latency.record(Double(sample)) }
        #expect(latency.percentile(1) == Double(Latency.sampleLimit))
    }

    @Test("the mean follows the newest samples")
    func mean() throws {
        var latency = Latency()
        #expect(latency.mean == nil)
        latency.record(100)
        #expect(latency.mean == 100)
        for _ in 0..<20 { latency.record(1000) }
        #expect(abs(try #require(latency.mean) - 1000) < 1)
    }
}
