/// A new configuration for a person: a line for each kind of change, then the warnings.
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
