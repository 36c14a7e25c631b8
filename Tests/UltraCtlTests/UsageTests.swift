import Foundation
import Testing
import UltraAPI

@testable import ultractl

@Suite(.timeLimit(.minutes(1)))
struct UsageTests {
    static let models =
        #"{"id":ID,"event":"result","rows":[{"model":"openai/gpt-4o","requests":1200,"failed":3,"#
        + #""input_tokens":1200000,"output_tokens":98000,"cached_input_tokens":400000,"reasoning_tokens":null,"#
        + #""cost_usd":3.98,"unknown_cost":0,"first_token_p50_ms":312.4,"total_p50_ms":2140},"#
        + #"{"model":"docker/猫","requests":40,"failed":0,"input_tokens":800,"output_tokens":null,"#
        + #""cost_usd":0,"unknown_cost":40},{"model":null,"requests":2,"failed":2,"cost_usd":0.02,"unknown_cost":1}],"#
        + #""since":"2026-11-23T20:00:00Z","until":"2026-11-24T20:00:00Z"}"#

    static let days: String = {
        let rows = (1...14).flatMap { day in
            ["a/one", "b/two, the second"].map { model in
                let cost = model == "a/one" ? Double(day) / 10 : day % 3 == 0 ? 0.4 : 0
                return #"{"day":"2026-11-\#(day < 10 ? "0" : "")\#(day)","model":"\#(model)","requests":\#(day),"#
                    + #""input_tokens":\#(day * 1000),"output_tokens":10,"cost_usd":\#(cost),"unknown_cost":0}"#
            }
        }
        return #"{"id":ID,"event":"result","rows":[\#(rows.joined(separator: ","))],"since":"2026-11-01T00:00:00Z"}"#
    }()

    static func report(_ json: String, _ keys: String...) throws -> UsageReport {
        try JSONReader.read(Array(json.replacing("ID", with: "1").utf8)) { (reader) throws(JSONError) in
            try UsageReport(&reader, keys: keys)
        }
    }

    @Test("a table has a row for each group and their sum; a cost that is not all of it says so")
    func table() throws {
        let daemon = try ScriptedDaemon([.receive, .send(Self.models)])
        let command = try Command.ultractl("usage", socket: daemon.path)
        #expect(command.error == "")
        #expect(command.status == 0)
        #expect(
            command.output == """
                MODEL          REQUESTS  FAILED      IN     OUT  CACHED  REASONING     COST  FIRST TOKEN  TOTAL
                openai/gpt-4o      1200       3  1.20 M  98.0 k   400 k          –    $3.98       312 ms  2.1 s
                docker/猫            40       0     800       –       –          –        –
                (unknown)             2       2       –       –       –          –  $0.020+
                total              1242       5  1.20 M  98.0 k   400 k          –   $4.00+

                the cost of 41 requests is not known

                """)
        #expect(daemon.requests() == [#"{"id":1,"op":"usage","since":"24h","group_by":["model"]}"#])
    }

    @Test("--since, --until and --by are passed to the daemon unchanged")
    func options() throws {
        let daemon = try ScriptedDaemon([.receive, .send(#"{"id":ID,"event":"result","rows":[]}"#)])
        let command = try Command.ultractl(
            "usage", "--since", "7d", "--until", "2026-11-24", "--by", "day", "--by", "user", socket: daemon.path)
        #expect(command == Command(output: "No requests.\n", error: "", status: 0))
        #expect(
            daemon.requests() == [
                #"{"id":1,"op":"usage","since":"7d","until":"2026-11-24","group_by":["day","user"]}"#
            ])
    }

    @Test("--csv has every number, quotes where necessary, and empty fields for unknown values")
    func csv() throws {
        let rows = #"{"rows":[{"program":"a, \"b\"","requests":1,"cost_usd":0.0000012,"total_p50_ms":1.25}]}"#
        #expect(
            UsageCSV(report: try Self.report(rows, "program")).render().split(separator: "\n") == [
                "program,requests,failed,input_tokens,output_tokens,cached_input_tokens,cache_write_tokens,"
                    + "reasoning_tokens,unknown_tokens,cost_usd,unknown_cost,first_token_p50_ms,total_p50_ms",
                #""a, ""b""",1,,,,,,,,0.000001,,,1.3"#,
            ])
    }

    @Test("users and groups are shown by name, or else by number")
    func user() throws {
        let rows =
            #"{"rows":[{"uid":1000,"user":"ada","gid":7,"group":null,"requests":1},"#
            + #"{"uid":1001,"user":null,"gid":8,"group":"staff","unknown_tokens":2}]}"#
        let table = UsageTable(report: try Self.report(rows, "user", "group"), style: Style()).render()
        #expect(
            table.split(separator: "\n").map { $0.prefix(12) } == [
                "USER   GROUP", "ada    7    ", "1001   staff", "total       ", "the tokens o",
            ])
    }

    @Test("--plot draws a bar for each row, whole at the highest")
    func bars() throws {
        let plot = UsagePlot(report: try Self.report(Self.models, "model"), measure: nil, style: Style(columns: 60))
        #expect(
            plot.render() == """
                cost by model from 2026-11-23 20:00 until 2026-11-24 20:00 …
                openai/gpt-4o  ██████████████████████████████   $3.98  100 %
                docker/猫                                           –
                (unknown)      ▏                               $0.020    1 %
                the cost of 41 requests is not known

                """)
    }

    @Test("--plot by day and another key draws a line over the days for each", arguments: [40, 80, 200])
    func lines(_ columns: Int) throws {
        let report = try Self.report(Self.days, "day", "model")
        let lines = UsagePlot(report: report, measure: nil, style: Style(columns: columns)).render()
            .split(separator: "\n").map(String.init)
        #expect(lines.count == 4)
        #expect(lines.allSatisfy { $0.columns <= columns })
        #expect(lines[1].hasPrefix("a/one "))
        #expect(lines[1].hasSuffix("$10.50  87 %"))
        // Three blocks a day: so many have room.
        if columns == 80 { #expect(lines[1].contains("  ▂▂▂▂▂▂▃▃▃▃▃▃▄▄▄▄▄▄▅▅▅▅▅▅▆▆▆▆▆▆▇▇▇▇▇▇██████  "), "\(lines[1])") }
    }

    @Test(
        "no plot or table is wider than the terminal",
        arguments: [40, 80, 200], [ultractl.Usage.Measure.cost, .tokens, .requests])
    func width(_ columns: Int, _ measure: ultractl.Usage.Measure) throws {
        let style = Style(columns: columns)
        for (json, keys) in [(Self.models, ["model"]), (Self.days, ["day", "model"]), (Self.days, ["day"])] {
            let report = try JSONReader.read(Array(json.replacing("ID", with: "1").utf8)) {
                (reader) throws(JSONError) in try UsageReport(&reader, keys: keys)
            }
            let plot = UsagePlot(report: report, measure: measure, style: style).render()
            for line in plot.split(separator: "\n") { #expect(String(line).columns <= columns, "\(line)") }
            guard columns >= 80 else { continue }
            let table = UsageTable(report: report, style: style).render()
            for line in table.split(separator: "\n") { #expect(String(line).columns <= columns, "\(line)") }
        }
    }

    @Test(
        "--plot, --csv and --json exclude each other",
        arguments: [["--plot", "--csv"], ["--json", "--csv"], ["--json", "--plot"], ["--measure", "cost"]])
    func excluded(_ options: [String]) throws {
        let command = try Command.run(Command.ultractl, ["usage"] + options)
        #expect(command.status == 2)
        #expect(command.output == "")
    }

    @Test(
        "a line of blocks distinguishes zero from little, and missing from zero",
        arguments: [
            ([0, 1, 2, 4, 8] as [Double?], 10, 0.0, "▁▂▃▅█"), ([nil, 0, 0], 10, 0, " ▁▁"), ([1, 2, 3, 4], 2, 0, "▇█"),
            ([1, 1], 10, 8, "▂▂"), ([], 5, 0, ""), ([.infinity, 1], 5, 0, "▁▂"), ([0.001, 100], 5, 0, "▂█"),
        ])
    func sparkline(_ values: [Double?], _ columns: Int, _ ceiling: Double, _ expected: String) {
        #expect(Graph.sparkline(values, columns: columns, ceiling: ceiling) == expected)
    }

    @Test(
        "a bar is as long as its share, in eighths",
        arguments: [
            (1.0, 4, "████"), (0.5, 4, "██"), (0.53125, 4, "██▏"), (0.0001, 4, "▏"), (0, 4, ""), (2, 4, "████"),
            (.nan, 4, ""), (-1, 4, ""), (1, 0, ""),
        ])
    func bar(_ share: Double, _ columns: Int, _ expected: String) {
        #expect(Graph.bar(share, columns: columns) == expected)
    }
}
