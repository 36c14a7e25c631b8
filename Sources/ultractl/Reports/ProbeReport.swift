import UltraAPI

/// What `probe` answers.
struct ProbeReport {
    struct Result {
        var provider = ""
        var model: String?
        var state = "unknown"
        var evidence: [EvidenceReport] = []
        var milliseconds: Double?
        /// The sentence of the error, if there is one.
        var error: String?
        var hint: String?
    }

    enum Outcome {
        case well, failed
        /// Nobody asked for it in particular, and there is no key to check it with.
        case leftOut
    }

    var results: [Result] = []

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "results": results = try reader.elements { (reader) throws(JSONError) in try Result(&reader) }
            default: try reader.skip()
            }
        }
    }
}

extension ProbeReport.Result {
    fileprivate init(_ reader: inout JSONReader) throws(JSONError) {
        self.init()
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "provider": provider = try reader.string()
            case "model": model = try reader.stringOrNull()
            case "state": state = try reader.string()
            case "evidence": evidence = try EvidenceReport.all(&reader)
            case "ms": milliseconds = try reader.doubleOrNull()
            case "error":
                try reader.members { (key, reader) throws(JSONError) in
                    switch key {
                    case "message": error = try reader.stringOrNull()
                    case "hint": hint = try reader.stringOrNull()
                    default: try reader.skip()
                    }
                }
            default: try reader.skip()
            }
        }
    }

    /// - Parameter isNamed: it was asked for, not everything.
    func outcome(isNamed: Bool) -> ProbeReport.Outcome {
        switch state {
        case "needs_key", "disabled": isNamed ? .failed : .leftOut
        case "unavailable", "unauthorized": .failed
        default: error != nil || evidence.contains { $0.holds == false } ? .failed : .well
        }
    }

    /// What is wrong and what to do about it, in a line.
    var trouble: String {
        let denied = evidence.filter { $0.holds == false }.map { "not \($0.name)" }.joined(separator: ", ")
        return [error ?? (denied.isEmpty ? nil : denied), hint].compactMap(\.self).joined(separator: "; ")
    }
}

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
