/// The figures of a set of requests in `usage`.
struct UsageFigures {
    /// A sum over the known values.
    struct Sum: Equatable {
        private(set) var value = 0
        private(set) var isKnown = false

        var known: Int? { isKnown ? value : nil }

        mutating func add(_ count: UInt32) {
            guard count != PackedRow.noCount else { return }
            value &+= Int(count)
            isKnown = true
        }

        mutating func add(_ cost: Int64) {
            guard cost != PackedRow.noCost else { return }
            value &+= Int(cost)
            isKnown = true
        }

        mutating func add(_ other: Sum) {
            value &+= other.value
            isKnown = isKnown || other.isKnown
        }
    }

    var requests = 0
    var failed = 0
    var input = Sum()
    var output = Sum()
    var cached = Sum()
    var cacheWrite = Sum()
    var reasoning = Sum()
    var cost = Sum()
    /// Requests whose cost is not known.
    var unknownCost = 0
    /// Requests that may have used tokens that were not reported.
    var unknownTokens = 0
    var firstToken = MedianSample()
    var total = MedianSample()

    mutating func add(_ row: PackedRow, isFailure: Bool) {
        requests += 1
        if isFailure { failed += 1 }
        input.add(row.input)
        output.add(row.output)
        cached.add(row.cached)
        cacheWrite.add(row.cacheWrite)
        reasoning.add(row.reasoning)
        cost.add(row.cost)
        if row.cost == PackedRow.noCost { unknownCost += 1 }
        let isCounted = row.input != PackedRow.noCount && row.output != PackedRow.noCount
        if !isCounted, !isFailure || row.cost != 0 { unknownTokens += 1 }
        if row.firstToken >= 0 { firstToken.add(row.firstToken) }
        total.add(row.total)
    }

    mutating func add(_ other: UsageFigures) {
        requests += other.requests
        failed += other.failed
        input.add(other.input)
        output.add(other.output)
        cached.add(other.cached)
        cacheWrite.add(other.cacheWrite)
        reasoning.add(other.reasoning)
        cost.add(other.cost)
        unknownCost += other.unknownCost
        unknownTokens += other.unknownTokens
        firstToken.add(other.firstToken)
        total.add(other.total)
    }
}
