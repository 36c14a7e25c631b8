import Testing
import UltraAPI

@testable import UltraDaemon

@Suite("usage: sums")
struct UsageTallyTests {
    private static let rows: [LedgerRow] = {
        var sample = LedgerSample()
        return sample.rows(3000)
    }()

    /// The names of a row's group, read from the row itself.
    private static func names(_ row: LedgerRow, _ keys: [UsageKey]) -> [UsageGroup.Name] {
        var name = UsageGroup.Name()
        var tags: [String?] = [nil]
        for key in keys {
            switch key {
            case .model: name.model = row.model
            case .provider: name.provider = row.provider
            case .user: name.uid = row.uid
            case .group: name.gid = row.gid
            case .program: name.program = row.program
            case .operation: name.operation = row.operation
            case .outcome: name.outcome = row.outcome
            case .day: name.time = name.time ?? row.time / 86_400_000 * 86_400
            case .hour: name.time = row.time / 3_600_000 * 3600
            case .tag: if !row.tags.isEmpty { tags = row.tags }
            }
        }
        return tags.map { tag in
            var name = name
            name.tag = tag
            return name
        }
    }

    private static func sum(_ rows: [LedgerRow], _ value: (LedgerRow) -> Int?) -> Int? {
        let known = rows.compactMap(value)
        return known.isEmpty ? nil : known.reduce(0, +)
    }

    private static func median(_ values: [Double]) -> Float? {
        values.isEmpty ? nil : Float(values.sorted()[(values.count - 1) / 2])
    }

    private static func tally(_ query: UsageQuery, blocks of: Int = 500) throws -> [UsageGroup] {
        var tally = UsageTally(query)
        for start in stride(from: 0, to: rows.count, by: of) {
            var block = LedgerBlock()
            for row in rows[start..<min(rows.count, start + of)] { block.append(row) }
            try tally.add(block)
        }
        return try tally.groups()
    }

    private static let keySets: [[UsageKey]] =
        UsageKey.allCases.map { [$0] } + [[], [.hour, .day], [.user, .group, .program], UsageKey.allCases]

    @Test("grouped by any key, the figures are the sums of the rows", arguments: keySets)
    func keys(keys: [UsageKey]) throws {
        var query = UsageQuery(since: 0, until: .max)
        query.keys = keys
        var expected: [UsageGroup.Name: [LedgerRow]] = [:]
        for row in Self.rows {
            for name in Self.names(row, keys) { expected[name, default: []].append(row) }
        }
        let found = try Self.tally(query)
        #expect(Set(found.map(\.name)) == Set(expected.keys))
        for group in found {
            let (rows, figures) = (expected[group.name] ?? [], group.figures)
            let failed = rows.count { $0.outcome != "ok" }
            #expect(figures.requests == rows.count && figures.failed == failed)
            #expect(figures.input.known == Self.sum(rows, \.usage.inputTokens))
            #expect(figures.output.known == Self.sum(rows, \.usage.outputTokens))
            #expect(figures.cached.known == Self.sum(rows, \.usage.cachedInputTokens))
            #expect(figures.cacheWrite.known == nil)
            #expect(figures.reasoning.known == Self.sum(rows, \.usage.reasoningTokens))
            #expect(figures.cost.known == Self.sum(rows, \.costMicroUSD))
            let unknownCost = rows.count { $0.costMicroUSD == nil }
            #expect(figures.unknownCost == unknownCost)
            let unknownTokens = rows.count { $0.usage.inputTokens == nil }
            #expect(figures.unknownTokens == unknownTokens)
            #expect(group.firstTokenMedian == Self.median(rows.compactMap(\.firstTokenMilliseconds)))
            #expect(group.totalMedian == Self.median(rows.map(\.totalMilliseconds)))
        }
    }

    @Test("a refusal without cost has no unknown tokens; an answer without usage has")
    func unknown() throws {
        var figures = UsageFigures()
        var block = LedgerBlock()
        block.append(
            LedgerSample.row {
                $0.outcome = "overloaded"
                $0.costMicroUSD = 0
            })
        block.append(LedgerSample.row { $0.outcome = "timeout" })
        block.append(LedgerSample.row())
        for (row, isFailure) in zip(block.rows, [true, true, false]) { figures.add(row, isFailure: isFailure) }
        #expect(figures.unknownTokens == 2 && figures.unknownCost == 2 && figures.cost.known == 0)
        #expect(figures.input.known == nil)
    }

    struct Condition: Sendable {
        var holds: @Sendable (LedgerRow) -> Bool
        var set: @Sendable (inout UsageQuery) -> Void
    }

    @Test(
        "filters leave what they say",
        arguments: [
            Condition(holds: { $0.uid == 1000 }, set: { $0.filter.uid = 1000 }),
            Condition(holds: { $0.gid == 2 }, set: { $0.filter.gid = 2 }),
            Condition(holds: { $0.model == "openai/gpt-4o" }, set: { $0.filter.model = "openai/gpt-4o" }),
            Condition(holds: { $0.provider == "mock" }, set: { $0.filter.provider = "mock" }),
            Condition(holds: { $0.program == "curl" }, set: { $0.filter.program = "curl" }),
            Condition(holds: { $0.operation == "embed" }, set: { $0.filter.operation = "embed" }),
            Condition(holds: { $0.outcome == "ok" }, set: { $0.filter.outcome = "ok" }),
            Condition(holds: { $0.outcome == "timeout" }, set: { $0.filter.outcome = "timeout" }),
            Condition(holds: { $0.tags.contains("b") }, set: { $0.filter.tag = "b" }),
            Condition(holds: { $0.time >= rows[100].time }, set: { $0.since = rows[100].time }),
            Condition(holds: { $0.time < rows[100].time }, set: { $0.until = rows[100].time }),
            Condition(holds: { _ in false }, set: { $0.filter.model = "openai/gpt-5" }),
            Condition(holds: { _ in false }, set: { $0.filter.tag = "nightly" }),
            Condition(
                holds: { $0.uid == 0 && $0.operation == "stream" && $0.tags.contains("a") },
                set: {
                    $0.filter.uid = 0
                    $0.filter.operation = "stream"
                    $0.filter.tag = "a"
                }),
        ])
    func filters(condition: Condition) throws {
        var query = UsageQuery(since: 0, until: .max)
        condition.set(&query)
        let count = Self.rows.count(where: condition.holds)
        let groups = try Self.tally(query)
        #expect(groups.map(\.figures.requests) == (count == 0 ? [] : [count]))
    }

    @Test("groups by time ascend; others are sorted by cost, the highest first")
    func order() throws {
        var query = UsageQuery(since: 0, until: .max)
        query.keys = [.hour]
        let times = try Self.tally(query).compactMap(\.name.time)
        #expect(times == times.sorted() && times.count > 1)
        query.keys = [.model, .outcome]
        let costs = try Self.tally(query).map(\.figures.cost.value)
        #expect(costs == costs.sorted(by: >) && costs.count > 3)
    }

    @Test("more groups than a result may have are refused, not cut")
    func tooMany() {
        var tally = UsageTally(
            {
                var query = UsageQuery(since: 0, until: .max)
                query.keys = [.user]
                return query
            }())
        #expect(throws: UsageTally.TooMany.self) {
            for start in stride(from: UInt32(0), through: 12_000, by: 4000) {
                var block = LedgerBlock()
                for uid in start..<(start + 4000) { block.append(LedgerSample.row { $0.uid = uid }) }
                try tally.add(block)
            }
        }
    }
}
