import Testing
import UltraAPI

@testable import UltraDaemon

@Suite("Ledger: blocks of rows")
struct LedgerBlockTests {
    @Test("a row is 64 bytes: the format on the disk")
    func layout() {
        #expect(MemoryLayout<PackedRow>.size == 64 && MemoryLayout<PackedRow>.stride == 64)
        #expect(MemoryLayout<PackedRow>.offset(of: \.uid) == 24 && MemoryLayout<PackedRow>.offset(of: \.tags) == 62)
    }

    private static func bytes(_ block: LedgerBlock) -> (rows: [UInt8], names: [UInt8]) {
        (block.withRowBytes { Array($0) }, block.nameBytes)
    }

    private static func block(_ rows: [UInt8], _ names: [UInt8]) -> LedgerBlock? {
        rows.withUnsafeBytes { rows in names.withUnsafeBytes { LedgerBlock(rowBytes: rows, nameBytes: $0) } }
    }

    @Test("written rows are read back")
    func roundTrip() throws {
        var sample = LedgerSample()
        var block = LedgerBlock()
        for row in sample.rows(200) { block.append(row) }
        let bytes = Self.bytes(block)
        let read = try #require(Self.block(bytes.rows, bytes.names))
        #expect(read.names == block.names && Self.bytes(read).rows == bytes.rows)
        #expect(read.firstTime == block.firstTime && read.lastTime > read.firstTime)
    }

    @Test("bytes that are no block are refused: cut anywhere, or with numbers that name nothing")
    func damaged() {
        var block = LedgerBlock()
        block.append(LedgerSample.row { $0.tags = ["x", "y"] })
        let (rows, names) = Self.bytes(block)
        for count in 1..<rows.count { #expect(Self.block(Array(rows[..<count]), names) == nil) }
        for count in 0..<names.count { #expect(Self.block(rows, Array(names[..<count])) == nil, "\(count)") }
        #expect(Self.block(rows, names + [255, 255, 255, 255]) == nil)
        for offset in 52..<64 {
            var wrong = rows
            wrong[offset] = 200
            #expect(Self.block(wrong, names) == nil)
        }
    }

    @Test("numbers beyond what a row holds are bounded, unknown ones stay unknown")
    func bounds() {
        var block = LedgerBlock()
        block.append(
            LedgerSample.row {
                $0.usage = Usage(inputTokens: .max, outputTokens: -1)
                $0.costMicroUSD = .max
            })
        #expect(block.rows[0].input == .max - 1 && block.rows[0].output == PackedRow.noCount)
        #expect(block.rows[0].cost == .max && block.rows[0].firstToken < 0)
    }

    @Test("tags in any order, and twice, are one name; odd ones come back as they were")
    func tags() {
        #expect(LedgerTags.name(["b", "a", "b"]) == LedgerTags.name(["a", "b"]))
        #expect(LedgerTags.split(LedgerTags.name(["b", "a"])) == ["a", "b"] && LedgerTags.name([]) == "")
        let odd = ["\"", "\\", "\n", "ü", "a,b"]
        #expect(LedgerTags.read(LedgerTags.json(odd)) == odd)
        for text in ["", "{", "[1]", "null", "[\"a\""] { #expect(LedgerTags.read(text) == []) }
    }

    @Test("the median of many is that of all, to within a hundredth of the ranks", arguments: [1, 2, 7, 1000, 300_000])
    func median(count: Int) {
        var random = SplitMix(seed: 3)
        var sample = MedianSample()
        var (one, other) = (MedianSample(), MedianSample())
        for value in (0..<count).shuffled(using: &random) {
            sample.add(Float(value))
            if value % 3 == 0 { one.add(Float(value)) } else { other.add(Float(value)) }
        }
        one.add(other)
        let slack = count > 65_000 ? Float(count) / 100 : 0
        let exact = Float((count - 1) / 2)
        #expect(abs((sample.median() ?? -1) - exact) <= slack)
        #expect(abs((one.median() ?? -1) - exact) <= slack)
    }

    @Test("no values have no median; equal ones and those that are no numbers do no harm")
    func odd() {
        var sample = MedianSample()
        #expect(sample.median() == nil)
        for _ in 0..<1000 { sample.add(5) }
        #expect(sample.median() == 5)
        for _ in 0..<500 { sample.add(.nan) }
        _ = sample.median()
    }
}
