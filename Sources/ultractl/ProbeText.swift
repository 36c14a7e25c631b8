/// The outcome of a probe for a person, a line for each provider or model.
struct ProbeText {
    let report: ProbeReport
    /// A provider or model was asked for, not everything.
    let isNamed: Bool
    /// Models were to answer.
    var isDeep = false
    let style: Style

    func render() -> String {
        guard !report.results.isEmpty else { return "No providers.\n" }
        var table = Table([
            .init(title: ""), .init(title: "", minimum: 12), .init(title: ""), .init(title: "", alignment: .right),
            .init(title: "", minimum: 24, overflow: .wrap),
        ])
        for result in report.results {
            let mark = Mark(result.outcome(isNamed: isNamed))
            table.append([
                .init(mark.rawValue) { mark.paint($0, style) }, .init(result.model ?? result.provider),
                .init(result.state) { style.state(result.state, as: $0) },
                .init(result.milliseconds.map { Quantity.duration(milliseconds: $0) } ?? ""),
                .init(trouble(of: result)),
            ])
        }
        return table.render(style)
    }

    /// A deep probe that asked no model says so: what is well then is only what the free one checks.
    private func trouble(of result: ProbeReport.Result) -> String {
        isDeep && result.model == nil && result.trouble.isEmpty
            ? "no model of it can be asked: only the free check was made" : result.trouble
    }
}

/// What stands before a line that tells how something went.
enum Mark: String {
    case well = "✓"
    case failed = "✗"
    case leftOut = "–"

    init(_ outcome: ProbeReport.Outcome) {
        self =
            switch outcome {
            case .well: .well
            case .failed: .failed
            case .leftOut: .leftOut
            }
    }

    func paint(_ text: String, _ style: Style) -> String {
        switch self {
        case .well: style.green(text)
        case .failed: style.red(text)
        case .leftOut: style.dim(text)
        }
    }
}
