import Foundation
import ScriptedProvider
import Testing
import UltraAPI
import UltraSystem

@testable import UltraDaemon

@Suite("usage: many queries beside other work of the disk thread")
struct UsageQueueTests {
    @Test("a file read piece by piece gives every row once, while rows are written and sealed")
    @Disk
    func pieces() throws {
        let folder = try TemporaryFolder("ultra-ledger")
        var sample = LedgerSample()
        let file = try LedgerFile("\(folder.path)/l")
        let size = LedgerBlock.rowCount
        try file.append(sample.rows(6 * size + 2500))
        var counts: [Int] = []
        var position = LedgerFile.Position.blocks(through: 0)
        while position != .end {
            position = try file.read(from: position, since: 0, until: .max) { block in
                counts.append(block.rows.count)
                return true
            }
            // Rows written after the last block was read do not belong to this query; earlier rows do, sealed or not.
            if case .rows = position { try file.append(sample.rows(1000)) }
        }
        #expect(counts.reduce(0, +) == 6 * size + 2500)
        #expect(counts.prefix(6).allSatisfy { $0 == size } && counts.dropFirst(6).allSatisfy { $0 <= 1024 })
        #expect(counts.count == 9)
    }

    @Test("a piece has at most four blocks: other work of the disk thread runs in between")
    @Disk
    func bounded() throws {
        let folder = try TemporaryFolder("ultra-ledger")
        var sample = LedgerSample()
        let file = try LedgerFile("\(folder.path)/l")
        try file.append(sample.rows(6 * LedgerBlock.rowCount))
        var blocks = 0
        let next = try file.read(from: .blocks(through: 0), since: 0, until: .max) { _ in
            blocks += 1
            return true
        }
        #expect(blocks == 4 && next == .blocks(through: 4 * LedgerBlock.rowCount))
    }

    private static func ask(_ client: Client, _ id: Int, _ fields: String) {
        client.send(#"{"id":\#(id),"op":"usage"\#(fields)}"#)
    }

    @Test("thousands of equal queries are answered together; different ones beyond a bound are refused")
    func crowd() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        let client = try daemon.client()
        for _ in 1...15 {
            for id in 1...200 {
                client.send(#"{"id":\#(id),"op":"generate","model":"mock/echo","prompt":"a","tags":["t\#(id % 40)"]}"#)
            }
            for _ in 1...200 { #expect(try client.next()?.event == "result") }
        }
        let crowd = try daemon.client()
        for id in 1...2000 { Self.ask(crowd, id, #","since":"90d","group_by":["tag","hour","model"]"#) }
        // A later request of the same user for another operation.
        let other = try client.ask(#"{"id":1,"op":"usage","timeout_ms":5000}"#)
        #expect((other["rows"] as? [[String: Any]])?.first?["requests"] as? Int == 3000)
        for _ in 1...2000 {
            let frame = try #require(try crowd.next())
            #expect((frame["rows"] as? [[String: Any]])?.count == 40)
        }
        for id in 1...500 { Self.ask(crowd, id, #","since":"\#(id)h""#) }
        var refused = 0
        for _ in 1...500 {
            let frame = try #require(try crowd.next())
            if frame.code == "rate_limited" { refused += 1 } else { #expect(frame.event == "result") }
        }
        #expect(refused > 0 && refused <= 500 - 33)
    }

    @Test("a query includes requests that ended before it was sent, even if it joins a waiting one")
    func fresh() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        let client = try daemon.client()
        for round in 1...20 {
            Self.ask(client, 1, "")
            Self.ask(client, 2, "")
            client.send(#"{"id":3,"op":"generate","model":"mock/echo","prompt":"a"}"#)
            _ = try client.frames(3)
            let last = try client.ask(#"{"id":4,"op":"usage"}"#, id: 4)
            #expect((last["rows"] as? [[String: Any]])?.first?["requests"] as? Int == round)
        }
    }

    @Test("timeout_ms and cancel end any operation that takes time")
    func timeouts() throws {
        let openai = try ScriptedProvider { _ in .hangBeforeHead }
        let daemon = try DaemonProcess(openai: openai)
        let client = try daemon.client()
        let probe = try client.ask(#"{"id":1,"op":"probe","timeout_ms":100}"#)
        #expect(probe.code == "timeout" && probe.error["timeout"] as? String == "total")
        #expect(probe.error["provider"] as? String == "ultrad")
        let subscription = try client.ask(#"{"id":2,"op":"subscribe","topics":["health"],"timeout_ms":100}"#, id: 2)
        #expect(subscription.code == "timeout")
        #expect(try client.ask(#"{"id":3,"op":"usage","timeout_ms":10000}"#, id: 3).event == "result")
        #expect(try client.ask(#"{"id":4,"op":"ping","timeout_ms":1}"#, id: 4).event == "result")
    }
}
