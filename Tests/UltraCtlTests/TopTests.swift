import Foundation
import Testing
import UltraAPI

@testable import ultractl

@Suite(.timeLimit(.minutes(1)))
struct TopTests {
    static func status(
        total: Int, failed: Int = 0, pid: Int = 42, tokens: Int = 0, providers: [String] = ["openai", "猫"]
    ) -> String {
        let list = providers.map {
            #"{"id":"\#($0)","state":"available","models":2,"available":2,"in_flight":1,"queued":0,"limit":8}"#
        }
        return #"{"id":ID,"event":"result","version":"0.1.0","pid":\#(pid),"uptime_ms":5000,"state":"running","#
            + #""providers":[\#(list.joined(separator: ","))],"requests":{"in_flight":1,"queued":0,"total":\#(total),"#
            + #""failed":\#(failed)},"today":{"requests":\#(total),"input_tokens":\#(tokens),"output_tokens":0,"#
            + #""cost_usd":0.5},"rss_bytes":18769510}"#
    }

    private static func read<T>(_ json: String, _ body: (inout JSONReader) throws(JSONError) -> T) throws -> T {
        try JSONReader.read(Array(json.replacing("ID", with: "1").utf8), body)
    }

    private static func report(_ json: String) throws -> StatusReport {
        try read(json) { (reader) throws(JSONError) in try StatusReport(&reader) }
    }

    private static func event(_ topic: String, _ data: String) throws -> WatchEvent {
        try read(#"{"topic":"\#(topic)","data":{\#(data)}}"#) { (reader) throws(JSONError) in try WatchEvent(&reader) }
    }

    // MARK: - Counting

    @Test("rates are differences of two reports; midnight and another daemon cause no negative rates")
    func rates() throws {
        var counts = TopCounts()
        counts.record(try Self.report(Self.status(total: 10, tokens: 100)), seconds: 0)
        #expect(counts.samples.isEmpty)
        counts.record(try Self.report(Self.status(total: 16, failed: 1, tokens: 400)), seconds: 2)
        counts.record(try Self.report(Self.status(total: 16, failed: 1, tokens: 0)), seconds: 1)
        counts.record(try Self.report(Self.status(total: 0, pid: 43)), seconds: 1)
        #expect(counts.samples.map(\.requests) == [3, 0])
        #expect(counts.samples.map(\.failures) == [0.5, 0])
        #expect(counts.samples.map(\.tokens) == [150, 0])
    }

    @Test("requests are counted for the model that answered, and are in flight at the one that was asked")
    func requests() throws {
        var counts = TopCounts()
        let now = Timestamp(seconds: 1000)
        func record(_ data: String) throws { counts.record(try Self.event("requests", data), at: now) }
        counts.record(try Self.report(Self.status(total: 0)), seconds: 0)
        try record(#""phase":"began","request":1,"model":"openai/a""#)
        try record(#""phase":"began","request":2,"model":"openai/a""#)
        #expect(counts.models["openai/a"]?.busy == 2)
        #expect(counts.providers["openai"]?.busy == 2)
        try record(#""phase":"ended","request":1,"model":"mistral/b","error":null,"ms":300"#)
        try record(#""phase":"ended","request":2,"model":"openai/a","error":"timeout","ms":9000"#)
        // It had begun before anybody looked.
        try record(#""phase":"ended","request":9,"model":"openai/a","error":null,"ms":100"#)
        counts.record(try Self.report(Self.status(total: 3)), seconds: 2)
        #expect(counts.models["openai/a"]?.busy == 0)
        #expect(counts.models["openai/a"]?.failed == 1)
        #expect(counts.models["openai/a"]?.median == 100)
        #expect(counts.models["openai/a"]?.rates == [1])
        #expect(counts.models["mistral/b"]?.median == 300)
        #expect(counts.providers["mistral"]?.busy == 0)
        #expect(counts.notes.map(\.text) == ["openai/a  timeout"])
    }

    @Test("a change of state is noted, and the model's state with it")
    func health() throws {
        var counts = TopCounts()
        counts.record(
            try Self.event(
                "health", #""provider":"p","model":"p/m","from":"available","to":"degraded","reason":"live""#),
            at: .now)
        #expect(counts.modelStates == ["p/m": "degraded"])
        #expect(counts.notes.map(\.text) == ["p/m  available → degraded  live"])
    }

    // MARK: - Keys

    @Test(
        "keys",
        arguments: [
            ([Key.text("s")], TopView.Reaction.handled, "providers busy 0"),
            ([.text("S")], .handled, "providers time 0"),
            ([.text("sssss")], .handled, "providers name 0"), ([.right], .handled, "models name 0"),
            ([.left, .tab], .handled, "providers name 0"), ([.down, .down, .up], .handled, "providers name 1"),
            ([.end, .down], .handled, "providers name 4"), ([.pageDown, .pageUp, .up], .handled, "providers name 0"),
            ([.text("jjk")], .handled, "providers name 1"), ([.down, .right], .handled, "models name 0"),
            ([.text("p")], .handled, "providers name 0 paused"), ([.text("p ")], .handled, "providers name 0"),
            ([.text("q")], .quit, "providers name 0"), ([.text("sq")], .quit, "providers busy 0"),
            ([.interrupt], .interrupt, "providers name 0"), ([.suspend], .suspend, "providers name 0"),
            ([.other, .enter, .text("x")], .handled, "providers name 0"),
        ])
    func keys(_ keys: [Key], _ reaction: TopView.Reaction, _ state: String) {
        var view = TopView()
        var last = TopView.Reaction.handled
        for key in keys { last = view.apply(key, count: 5) }
        #expect(last == reaction)
        #expect(
            "\(view.rows.rawValue) \(view.order.rawValue) \(view.offset)\(view.isPaused ? " paused" : "")" == state)
    }

    // MARK: - The picture

    @Test(
        "fits the terminal, whatever its size",
        arguments: [(80, 24), (200, 50), (60, 14), (40, 8), (20, 5), (10, 2), (1, 1)] as [(Int, Int)],
        [Key.other, .right])
    func fits(_ size: (columns: Int, rows: Int), _ key: Key) throws {
        var counts = TopCounts()
        let providers = (0..<40).map { "provider-with-a-long-name-\($0)-猫猫猫" }
        counts.record(try Self.report(Self.status(total: 0, providers: providers)), seconds: 0)
        for second in 0..<100 {
            counts.record(
                try Self.event(
                    "requests", #""phase":"began","request":\#(second),"model":"\#(providers[second % 40])/猫""#),
                at: .now)
            counts.record(
                try Self.event(
                    "requests",
                    #""phase":"ended","request":\#(second),"model":"\#(providers[second % 40])/猫","error":"timeout","ms":5"#
                ),
                at: .now)
            counts.record(
                try Self.report(Self.status(total: second, tokens: 1_000_000 * second, providers: providers)),
                seconds: 1)
        }
        var view = TopView()
        _ = view.apply(key, count: 40)
        _ = view.apply(.end, count: 40)
        let lines = TopScreen(
            counts: counts, view: view, style: Style(columns: size.columns), columns: size.columns, rows: size.rows,
            now: .now
        ).lines()
        #expect(lines.count == size.rows)
        // Below 60 columns, the terminal cuts off tables that cannot shrink further.
        for line in lines where size.columns >= 60 { #expect(line.columns <= size.columns, "\(line)") }
        if size.rows >= 24 {
            #expect(lines.contains { $0.hasPrefix(key == .right ? "MODEL" : "PROVIDER") })
            #expect(lines.filter { $0.hasPrefix("provider-with") }.count > 5)
        }
    }

    // MARK: - On a terminal

    private static let snapshot = #"{"id":1,"event":"snapshot","seq":1,"data":{"providers":[],"models":[]}}"#

    private static func daemon(_ more: [ScriptedDaemon.Step] = []) throws -> ScriptedDaemon {
        try ScriptedDaemon(connections: [
            [.receive, .send(status(total: 1))], [.receive, .send(snapshot), .receive, .send(status(total: 1))] + more,
        ])
    }

    private static func top(_ daemon: ScriptedDaemon, _ arguments: String..., columns: UInt16 = 80) throws
        -> TerminalSession
    {
        let session = try TerminalSession(
            ["top"] + arguments, socket: daemon.path, columns: columns, environment: ["NO_COLOR": "1"])
        session.wait(for: "q quit")
        return session
    }

    @Test(
        "shows status and events, and restores the screen",
        arguments: [80, 200] as [UInt16])
    func screen(_ columns: UInt16) throws {
        let daemon = try Self.daemon([
            .send(
                #"{"id":1,"event":"event","seq":2,"topic":"requests","data":{"phase":"began","request":7,"model":"openai/猫"}}"#
            ),
            .receive, .send(Self.status(total: 3)),
        ])
        let session = try Self.top(daemon, "--interval", "0.1", columns: columns)
        session.wait(for: "3 total")
        session.type("\u{1B}[C")
        let screen = session.wait(for: "openai/猫")
        #expect(screen.isAlternate)
        #expect(screen.isCursorHidden)
        #expect(screen.unknown == [])
        #expect(screen.lines[0].hasPrefix("ultrad 0.1.0 · running · pid 42 · up 5.0 s · 17.9 MiB"))
        #expect(screen.lines[1].hasSuffix("1 in flight, 0 queued, 3 total"))
        #expect(screen.lines[5].hasPrefix("MODEL      BUSY"))
        #expect(screen.lines[6].hasPrefix("openai/猫     1"))
        #expect(screen.lines[23] == "q quit  s sort: name  p pause  ← → providers  ↑ ↓ scroll")
        session.type("q")
        #expect(session.exitStatus() == 0)
        let after = session.wait { !$0.isAlternate }
        #expect(!after.isAlternate && !after.isCursorHidden)
        #expect(after.text == "")
        #expect(session.isRestored)
        #expect(!session.transcript.contains("\u{1B}[3"))
    }

    @Test("takes the size of the terminal as it changes")
    func resize() throws {
        let session = try Self.top(try Self.daemon(), "--interval", "60")
        session.resize(columns: 60, rows: 10)
        let screen = session.wait { $0.lines.last?.hasPrefix("q quit") == true }
        #expect(screen.lines.count == 10)
        #expect(screen.lines[0].hasPrefix("ultrad"))
        session.type("q")
        #expect(session.exitStatus() == 0)
    }

    @Test(
        "every way out restores the terminal",
        arguments: [
            ("\u{3}", Int32(0), Int32(130)), ("", SIGTERM, -SIGTERM), ("", SIGHUP, -SIGHUP), ("", SIGINT, 130),
            ("", SIGABRT, -SIGABRT),
        ])
    func ways(_ keys: String, _ signal: Int32, _ status: Int32) throws {
        let session = try Self.top(try Self.daemon(), "--interval", "60")
        if signal != 0 { kill(session.process, signal) } else { session.type(keys) }
        #expect(session.exitStatus() == status)
        let screen = session.wait { !$0.isAlternate && !$0.isCursorHidden }
        #expect(!screen.isAlternate && !screen.isCursorHidden)
        #expect(session.isRestored)
    }

    @Test("top says that the daemon has stopped, and finds it again")
    func restart() throws {
        let first = try Self.daemon([.close])
        let second = ScriptedDaemon(
            [.receive, .send(Self.snapshot), .receive, .send(Self.status(total: 77, pid: 43))], after: first)
        let session = try Self.top(first, "--interval", "0.2")
        session.wait(for: "77 total")
        #expect(session.transcript.contains("not running, reconnecting"))
        session.type("q")
        #expect(session.exitStatus() == 0)
        withExtendedLifetime(second) {}
    }

    @Test("the last column is shown too", arguments: [80, 110] as [UInt16])
    func edge(columns: UInt16) throws {
        let session = try TerminalSession(["top"], socket: try Self.daemon().path, columns: columns)
        let screen = session.wait { $0.lines[0].hasPrefix("ultrad") && $0.lines.last?.hasPrefix("q quit") == true }
        #expect(screen.lines[0].wholeMatch(of: /ultrad .* \d\d:\d\d:\d\d/) != nil, "\(screen.lines[0])")
        #expect(screen.lines[0].columns == Int(columns))
        session.type("q")
        #expect(session.exitStatus() == 0)
    }

    @Test("--timeout ends it well")
    func timeout() throws {
        let session = try TerminalSession(["top", "--timeout", "0.3"], socket: try Self.daemon().path)
        #expect(session.exitStatus() == 0)
        #expect(session.isRestored)
    }

    @Test("without a terminal, the error names alternatives; --json needs none")
    func pipe() throws {
        let daemon = try ScriptedDaemon(connections: [
            [.receive, .send(Self.status(total: 1))],
            [.receive, .send(#"{"id":ID,"event":"result"}"#), .receive, .send(#"{"id":ID,"event":"result"}"#)],
        ])
        let refused = try Command.ultractl("top", socket: daemon.path)
        #expect(refused.status == 2)
        #expect(
            refused.error.hasPrefix(
                "error: top needs a terminal; without one use: ultractl status, watch, or top --json\n"))
        let json = try Command.ultractl("top", "--json", "--interval", "0.2", "--timeout", "0.3", socket: daemon.path)
        #expect(
            json
                == Command(
                    output: "{\"id\":1,\"event\":\"result\"}\n{\"id\":2,\"event\":\"result\"}\n", error: "", status: 0))
    }

    @Test("without a daemon it fails where it can be read")
    func noDaemon() throws {
        let session = try TerminalSession(["top"], socket: "/nowhere")
        #expect(session.exitStatus() == 3)
        #expect(!session.wait(for: "hint:").isAlternate)
        #expect(!session.transcript.contains("1049"))
    }
}
