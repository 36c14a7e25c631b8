import UltraAPI

extension ProbeReport {
    enum Outcome {
        case passed, failed
        /// Not set up (no key, or disabled), and not asked for by name.
        case skipped
    }
}

extension ProbeReport.Result {
    /// - Parameter isNamed: true if the user named this provider or model.
    func outcome(isNamed: Bool) -> ProbeReport.Outcome {
        switch Availability(rawValue: state) {
        case .needsKey, .disabled: isNamed ? .failed : .skipped
        case .unavailable, .unauthorized: .failed
        case .available, .degraded, .loading, .unknown, .rateLimited, .quotaExceeded, nil:
            error?.message != nil || evidence.contains { $0.holds == false } ? .failed : .passed
        }
    }

    /// The problem and the advice as one line; empty: no problem.
    var trouble: String {
        let denied = evidence.filter { $0.holds == false }.map { "not \($0.name)" }.joined(separator: ", ")
        let problem = error?.message ?? (denied.isEmpty ? nil : denied)
        return [problem, error?.hint].compactMap(\.self).joined(separator: "; ")
    }
}

/// Formats the outcome of a probe, one line for each provider or model.
struct ProbeText {
    let report: ProbeReport
    /// True if the user named a provider or model.
    let isNamed: Bool
    /// True for `--deep`.
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

    /// The problem of a result; a deep probe without a model that could answer says that it was not deep.
    private func trouble(of result: ProbeReport.Result) -> String {
        isDeep && result.model == nil && result.trouble.isEmpty
            ? "no model can answer: only the free check was made" : result.trouble
    }
}

/// The mark at the beginning of a line that reports an outcome.
enum Mark: String {
    case passed = "✓"
    case failed = "✗"
    case skipped = "–"

    init(_ outcome: ProbeReport.Outcome) {
        self =
            switch outcome {
            case .passed: .passed
            case .failed: .failed
            case .skipped: .skipped
            }
    }

    func paint(_ text: String, _ style: Style) -> String {
        switch self {
        case .passed: style.green(text)
        case .failed: style.red(text)
        case .skipped: style.dim(text)
        }
    }
}
