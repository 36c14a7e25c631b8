import ArgumentParser
import UltraAPI

struct Cache: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Show the statistics of the answer cache, or clear it.",
        discussion: """
            status prints hits, misses, stored answers and the cost saved since the daemon started; with --json it \
            prints the daemon's answer to the operation status, whose member cache has these counts. clear removes \
            every stored answer, and is for the daemon's administrators.
            """)

    enum Action: String, ExpressibleByArgument, CaseIterable {
        case status, clear
    }

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("status or clear.", valueName: "action"))
    var action = Action.status

    func run() throws {
        switch action {
        case .status:
            try global.printAnswer(to: "status") { (reader, style) throws(JSONError) in
                CacheText(report: try StatusReport(&reader), style: style).render()
            }
        case .clear: try clear()
        }
    }

    private func clear() throws(Failure) {
        do throws(Failure) {
            let answer = try global.ask("cache_clear")
            if global.json { return try answer.printJSON() }
            let report = try answer.read { (reader) throws(JSONError) in try CacheClearReport(&reader) }
            let count = report.entries.map { "\(Quantity.count($0)) answer\($0 == 1 ? "" : "s")" }
            let bytes = report.bytes.map { ", \(Quantity.bytes($0))" } ?? ""
            try Output.standardOutput.write("removed \(count ?? "all answers")\(bytes)\n")
        } catch {
            if global.json { try error.printAnswer() }
            throw error
        }
    }
}

/// Formats the statistics of the answer cache.
struct CacheText {
    let report: StatusReport
    let style: Style

    func render() -> String {
        guard report.cache.isEnabled != false else {
            return "The cache is off. To turn it on, set enabled = true below [cache] in ultrad.toml.\n"
        }
        let cache = report.cache
        var table = Table([.init(title: ""), .init(title: "", alignment: .right), .init(title: "")])
        func line(_ title: String, _ value: String?, _ note: String = "") {
            guard let value else { return }
            table.append([.init(title, paint: style.bold), .init(value), .init(note, paint: style.dim)])
        }
        line("hits", cache.hits.map(Quantity.count), share)
        line("misses", cache.misses.map(Quantity.count))
        line("coalesced", cache.coalesced.map(Quantity.count), "joined an equal request in flight")
        line("in memory", cache.bytes.map(Quantity.bytes), cache.entries.map { "\(Quantity.count($0)) answers" } ?? "")
        if let bytes = cache.fileBytes, bytes > 0 {
            line("on disk", Quantity.bytes(bytes), cache.fileEntries.map { "\(Quantity.count($0)) answers" } ?? "")
        }
        line("saved", cache.savedMicroUSD.map { Quantity.money(microUSD: $0) })
        return table.render(style)
    }

    /// `25 % of 48`.
    private var share: String {
        guard let hits = report.cache.hits, let misses = report.cache.misses, hits + misses > 0 else { return "" }
        let share = Double(hits) / Double(hits + misses) * 100
        return "\(Quantity.fixed(share, 0)) % of \(Quantity.count(hits + misses))"
    }
}
