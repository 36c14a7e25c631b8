import ArgumentParser
import UltraAPI

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Reload the daemon's configuration and print what changed.",
        discussion: """
            If the configuration has errors, nothing changes, all of them are printed, and the exit status is 1. \
            Requests in flight continue with the settings they started with. For the daemon's administrators.
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        try global.printAnswer(to: "reload") { (reader, style) throws(JSONError) in
            ReloadText(report: try ReloadReport(&reader), style: style).render()
        }
    }
}

/// The `result` of `reload`: the changes and warnings.
struct ReloadReport {
    /// Keys of the configuration, such as `limits.drain`.
    var changed: [String] = []
    /// Ids of providers.
    var added: [String] = []
    var removed: [String] = []
    var warnings: [String] = []

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "changed": changed = try reader.strings()
            case "added": added = try reader.strings()
            case "removed": removed = try reader.strings()
            case "warnings": warnings = try reader.strings()
            default: try reader.skip()
            }
        }
    }
}

/// Formats the result of a reload: one line for each kind of change, then the warnings.
struct ReloadText {
    let report: ReloadReport
    let style: Style

    func render() -> String {
        var table = Table([.init(title: ""), .init(title: "", minimum: 30, overflow: .wrap)])
        func line(_ title: String, _ what: [String]) {
            guard !what.isEmpty else { return }
            table.append([.init(title, paint: style.green), .init(what.joined(separator: ", "))])
        }
        line("changed", report.changed)
        line("added", report.added)
        line("removed", report.removed)
        let isSame = report.changed.isEmpty && report.added.isEmpty && report.removed.isEmpty
        for warning in report.warnings { table.append([.init("warning", paint: style.yellow), .init(warning)]) }
        return style.bold(isSame ? "nothing changed" : "reloaded") + "\n" + table.render(style)
    }
}
