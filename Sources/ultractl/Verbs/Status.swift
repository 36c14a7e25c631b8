import ArgumentParser
import UltraAPI

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of the daemon, its providers, its connections and today's usage.",
        discussion: """
            BUSY: requests in flight, and the limit of concurrent requests. PROBED: outcome of the last free probe. \
            NEXT: time until the next probe. A narrow terminal shows fewer columns; --json has everything.
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        try global.printAnswer(to: "status") { (reader, style) throws(JSONError) in
            StatusText(report: try StatusReport(&reader), style: style, now: .now).render()
        }
    }
}

/// Formats a status report: the daemon, its providers with advice on problems, the connection pool, the counts.
struct StatusText {
    let report: StatusReport
    let style: Style
    let now: Timestamp

    func render() -> String {
        [headline, warnings, providers, advice, pool, counts].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var headline: String {
        let facts = [
            style.bold("ultrad \(oneLine(report.version ?? "?"))"),
            style.state(oneLine(report.state)),
            report.pid.map { "pid \($0)" },
            report.uptimeMilliseconds.map { "up \(Quantity.duration(milliseconds: Double($0)))" },
            report.rssBytes.map(Quantity.bytes),
        ]
        return facts.compactMap(\.self).joined(separator: " · ") + "\n"
    }

    private var warnings: String {
        var table = Table([.init(title: ""), .init(title: "", minimum: 30, overflow: .wrap)])
        for warning in report.configuration.warnings {
            table.append([.init("warning:", paint: style.yellow), .init(warning)])
        }
        return table.render(style)
    }

    private var providers: String {
        guard !report.providers.isEmpty else { return "No providers.\n" }
        var table = Table([
            .init(title: "PROVIDER", minimum: 10), .init(title: "STATE"), .init(title: "KEY", rank: 4),
            .init(title: "MODELS", alignment: .right), .init(title: "BUSY", alignment: .right),
            .init(title: "QUEUED", alignment: .right, rank: 2), .init(title: "PROBED", rank: 1),
            .init(title: "NEXT", rank: 3), .init(title: "ENDPOINT", rank: 5, minimum: 24),
        ])
        for provider in report.providers {
            let wait = provider.retryAt?.wait(from: now).map { " \($0)" } ?? ""
            let hasFailedProbe = provider.lastProbe?.hasPassed == false
            table.append([
                .init(provider.id),
                .init(provider.state + wait) { style.state(provider.state, as: $0) },
                .init(provider.key ?? "") { $0 == "refused" ? style.red($0) : $0 },
                .init(known: share(provider.available, of: provider.models)),
                .init(known: share(provider.inFlight, of: provider.limit)),
                .init(known: provider.queued.map { String($0) }),
                .init(probed(provider.lastProbe)) { hasFailedProbe ? style.red($0) : $0 },
                .init(provider.nextProbeAt.map { $0.wait(from: now).map { "in \($0)" } ?? "now" } ?? ""),
                .init(provider.endpoint ?? "", paint: style.dim),
            ])
        }
        let hidden = table.hiddenTitles(style)
        let note = "hidden columns: \(hidden.joined(separator: ", ")) (--json has everything)"
        return table.render(style) + (hidden.isEmpty ? "" : style.dim(note) + "\n")
    }

    /// `ok 312 ms, 18 s ago`.
    private func probed(_ probe: ProviderReport.Probe?) -> String {
        guard let probe else { return "" }
        let time = probe.milliseconds.map { " \(Quantity.duration(milliseconds: $0))" } ?? ""
        let result = probe.hasPassed == false ? probe.error ?? "failed" : "ok" + time
        return result + (probe.at.map { ", \($0.age(at: now)) ago" } ?? "")
    }

    private var advice: String {
        var table = Table([.init(title: ""), .init(title: "", minimum: 30, overflow: .wrap)])
        for provider in report.providers {
            guard let advice = provider.advice else { continue }
            table.append([.init("\(provider.id):", paint: style.yellow), .init(advice)])
        }
        return table.render(style)
    }

    private var pool: String {
        guard !report.pool.isEmpty else { return "" }
        var table = Table([
            .init(title: "HOST", minimum: 20), .init(title: "PROTOCOL", rank: 1),
            .init(title: "OPEN", alignment: .right), .init(title: "IDLE", alignment: .right),
            .init(title: "HANDSHAKES", alignment: .right), .init(title: "REUSED", alignment: .right),
        ])
        for host in report.pool {
            table.append(
                [.init(host.host), .init(host.httpVersion ?? "")]
                    + [host.open, host.idle, host.handshakes, host.reused].map { .init(known: $0.map(Quantity.count)) })
        }
        return table.render(style)
    }

    /// `3/12`, or `3` if the limit is unknown.
    private func share(_ part: Int?, of whole: Int?) -> String? {
        guard let whole else { return part.map { String($0) } }
        return "\(part ?? 0)/\(whole)"
    }

    private var counts: String {
        var table = Table([.init(title: ""), .init(title: "", minimum: 30, overflow: .wrap)])
        func line(_ title: String, _ facts: [String?]) {
            let known = facts.compactMap(\.self)
            guard !known.isEmpty else { return }
            table.append([.init(title, paint: style.bold), .init(known.joined(separator: ", "))])
        }
        func count(_ value: Int?, _ noun: String) -> String? { value.map { "\(Quantity.count($0)) \(noun)" } }

        line("configuration", [report.configuration.path])
        line(
            "requests",
            [
                count(report.requests.inFlight, "in flight"), count(report.requests.queued, "queued"),
                count(report.requests.total, "total"), count(report.requests.failed, "failed"),
            ])
        line("connections", [count(report.connections.open, "open")])
        if report.cache.isEnabled == false {
            line("cache", ["off"])
        } else {
            let saved = report.cache.savedMicroUSD.map { "\(Quantity.money(microUSD: $0)) saved" }
            line("cache", [count(report.cache.hits, "hits"), count(report.cache.misses, "misses"), saved])
        }
        line(
            "today",
            [
                count(report.today.requests, "requests"), count(report.today.inputTokens, "tokens in"),
                count(report.today.outputTokens, "tokens out"),
                report.today.costMicroUSD.map { Quantity.money(microUSD: $0) },
                report.probeSpendTodayMicroUSD.flatMap {
                    $0 > 0 ? "\(Quantity.money(microUSD: $0)) for probes" : nil
                },
            ])
        return table.render(style)
    }
}
