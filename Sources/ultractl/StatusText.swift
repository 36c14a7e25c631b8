/// A status report for a person: the daemon in a line, a table of providers, and the counts.
struct StatusText {
    let report: StatusReport
    let style: Style

    func render() -> String {
        [headline + "\n", warnings, providers, counts].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var headline: String {
        [
            style.bold("ultrad \(printable(report.version ?? "?"))"),
            style.state(printable(report.state)),
            report.pid.map { "pid \($0)" },
            report.uptimeMilliseconds.map { "up \(Quantity.duration(milliseconds: $0))" },
            report.rssBytes.map(Quantity.bytes),
            report.configurationPath.map(printable),
        ].compactMap(\.self).joined(separator: " · ")
    }

    private var warnings: String {
        report.configurationWarnings.map { "\(style.yellow("warning:")) \(printable($0))\n" }.joined()
    }

    private var providers: String {
        guard !report.providers.isEmpty else { return "No providers.\n" }
        var table = Table([
            .init(title: "PROVIDER"), .init(title: "STATE"), .init(title: "KEY"),
            .init(title: "MODELS", alignment: .right), .init(title: "BUSY", alignment: .right),
            .init(title: "QUEUED", alignment: .right), .init(title: "RETRY AT"), .init(title: "ENDPOINT"),
        ])
        for provider in report.providers {
            table.append([
                .init(provider.id),
                .init(provider.state, paint: style.state),
                .init(provider.key ?? "") { $0 == "refused" ? style.red($0) : $0 },
                .init(known: share(provider.available, of: provider.models)),
                .init(known: share(provider.inFlight, of: provider.limit)),
                .init(known: provider.queued.map { String($0) }),
                .init(provider.retryAt ?? ""),
                .init(provider.endpoint ?? "", paint: style.dim),
            ])
        }
        return table.render(style)
    }

    /// `3/12`, or `3` if there is no whole to be a part of.
    private func share(_ part: Int?, of whole: Int?) -> String? {
        guard let whole else { return part.map { String($0) } }
        return "\(part ?? 0)/\(whole)"
    }

    private var counts: String {
        func line(_ title: String, _ facts: [String?]) -> String {
            let known = facts.compactMap(\.self)
            guard !known.isEmpty else { return "" }
            return style.bold(title) + String(repeating: " ", count: 13 - title.count)
                + known.joined(separator: ", ") + "\n"
        }
        func count(_ value: Int?, _ noun: String) -> String? { value.map { "\(Quantity.count($0)) \(noun)" } }

        return line(
            "requests",
            [
                count(report.inFlight, "in flight"), count(report.queued, "queued"), count(report.total, "in all"),
                count(report.failed, "failed"),
            ])
            + line("connections", [count(report.openConnections, "open")])
            + line(
                "cache",
                report.isCacheEnabled == false
                    ? ["off"]
                    : [
                        count(report.cacheHits, "hits"), count(report.cacheMisses, "misses"),
                        report.cacheSavedUSD.map { "\(Quantity.money($0)) saved" },
                    ])
            + line(
                "today",
                [
                    count(report.requestsToday, "requests"), count(report.inputTokensToday, "tokens in"),
                    count(report.outputTokensToday, "tokens out"), report.costTodayUSD.map(Quantity.money),
                ])
    }
}
