/// A new configuration for a person: a line for each change, then the warnings.
struct ReloadText {
    let report: ReloadReport
    let style: Style

    func render() -> String {
        let path = report.path.map { ": \(oneLine($0))" } ?? ""
        let headline = report.changes.isEmpty ? "nothing changed" : "reloaded"
        var table = Table([.init(title: ""), .init(title: "", minimum: 30, overflow: .wrap)])
        for change in report.changes { table.append([.init("changed:", paint: style.green), .init(change)]) }
        for warning in report.warnings { table.append([.init("warning:", paint: style.yellow), .init(warning)]) }
        return style.bold(headline) + path + "\n" + table.render(style)
    }
}
