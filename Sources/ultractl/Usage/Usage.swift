import ArgumentParser
import UltraAPI

struct Usage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Show requests, tokens, cost and latency over a period.",
        discussion: """
            TIME is a duration before now (30m, 24h, 7d), a day (2026-11-24) or a time (2026-11-24T20:00:00Z). FIRST \
            TOKEN and TOTAL are medians. A + after a cost means that it excludes requests whose price is unknown.

            --plot draws a bar for each row; with --by day or --by hour and a second key, it draws a line over time \
            for each value of that key.
            """)

    /// The keys that rows are grouped by: the values of the protocol's field `group_by`.
    enum Key: String, ExpressibleByArgument, CaseIterable {
        case model, provider, user, group, program, op, day, hour, tag, outcome
    }

    /// The quantity that `--plot` draws.
    enum Measure: String, ExpressibleByArgument, CaseIterable {
        case cost, tokens, requests
    }

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Start of the period.", valueName: "time"))
    var since = "24h"

    @Option(help: ArgumentHelp("End of the period (default: now).", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("Group by this key; repeatable (default: model).", valueName: "key"))
    var by: [Key] = []

    @Flag(help: "Draw bars instead of a table.")
    var plot = false

    @Option(
        help: ArgumentHelp(
            "Quantity that --plot draws (default: cost, or tokens if no cost is known).", valueName: "what"))
    var measure: Measure?

    @Flag(help: "Print comma-separated values with a header line.")
    var csv = false

    func validate() throws {
        if [global.json, csv, plot].count(where: { $0 }) > 1 {
            throw ValidationError("Give only one of --json, --csv and --plot.")
        }
        if measure != nil, !plot { throw ValidationError("--measure needs --plot.") }
    }

    func run() throws {
        let keys = keys.map(\.rawValue)
        try global.printAnswer(to: "usage", fields) { (reader, style) throws(JSONError) in
            let report = try UsageReport(&reader, keys: keys)
            if csv { return UsageCSV(report: report).render() }
            if plot { return UsagePlot(report: report, measure: measure, style: style).render() }
            return UsageTable(report: report, style: style).render()
        }
    }

    private var keys: [Key] { by.isEmpty ? [.model] : by }

    private var fields: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("since", since)
        writer.fieldIfPresent("until", until)
        writer.key("group_by")
        writer.beginArray()
        keys.forEach { writer.string($0.rawValue) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
