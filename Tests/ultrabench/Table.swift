/// The comparison as text for people.
struct Table {
    private struct Column {
        let title: String
        let width: Int
        let value: (Comparison, Scenario, Path) -> String?
    }

    let comparison: Comparison
    let footprint: Footprint

    var text: String {
        var lines: [String] = []
        for shape in Scenario.Shape.allCases {
            let columns = Self.columns(shape)
            lines.append(Self.title(shape))
            lines.append(
                pad("  path", 28) + columns.map { pad($0.title, -$0.width) }.joined())
            for scenario in Scenario.all where scenario.shape == shape {
                for path in Path.allCases where comparison.rounds(scenario, path) > 0 {
                    let cells = columns.map { pad($0.value(comparison, scenario, path) ?? "-", -$0.width) }
                    lines.append(pad("  K=\(pad("\(scenario.concurrency)", 3)) \(path.rawValue)", 28) + cells.joined())
                }
            }
            lines.append("")
        }
        for row in footprint.rows {
            guard let value = row.value else { continue }
            lines.append(pad("  \(row.name)", 44) + pad(number(value), -10) + " \(row.unit)")
        }
        return lines.joined(separator: "\n")
    }

    private static func title(_ shape: Scenario.Shape) -> String {
        switch shape {
        case .unary: "Unary: an answer of 619 bytes. Times in µs; CPU of the proxy alone, of the client for libcurl."
        case .burst: "Stream: \(Scenario.burstEvents) events of 280 bytes, sent at once. Times of whole answers in µs."
        case .spaced:
            "Stream: one event at a time, \(Scenario.spacedEventsPerSecond) a second over all streams. "
                + "Delay of an event in µs."
        }
    }

    private static func columns(_ shape: Scenario.Shape) -> [Column] {
        func figure(_ title: String, _ name: Figures.Name) -> Column {
            Column(title: title, width: 10) { $0.figure(name, $1, $2).map(number) }
        }
        func ratio(_ title: String, _ name: Figures.Name, to other: Path) -> Column {
            Column(title: title, width: 12) { comparison, scenario, path in
                path == other ? nil : comparison.ratio(name, scenario, path, to: other).map { ratioText($0) }
            }
        }
        switch shape {
        case .unary:
            return [
                figure("req/s", .requestsPerSecond), figure("p50", .p50), figure("p99", .p99),
                figure("+p50", .addedP50), figure("+p99", .addedP99), figure("CPU/req", .cpuPerRequest),
                ratio("req/s:curl", .requestsPerSecond, to: .direct),
                ratio("req/s:nginx", .requestsPerSecond, to: .nginx), ratio("CPU:nginx", .cpuPerRequest, to: .nginx),
            ]
        case .burst:
            return [
                figure("events/s", .eventsPerSecond), figure("p50", .p50), figure("p99", .p99),
                figure("first p50", .firstEventP50), figure("+p50", .addedP50), figure("CPU/event", .cpuPerEvent),
                ratio("ev/s:curl", .eventsPerSecond, to: .direct),
                ratio("ev/s:nginx", .eventsPerSecond, to: .nginx), ratio("CPU:nginx", .cpuPerEvent, to: .nginx),
            ]
        case .spaced:
            return [
                figure("events/s", .eventsPerSecond), figure("p50", .eventP50), figure("p99", .eventP99),
                figure("+p50", .addedP50), figure("+p99", .addedP99), figure("CPU/event", .cpuPerEvent),
                ratio("CPU:nginx", .cpuPerEvent, to: .nginx),
            ]
        }
    }
}

/// Three significant digits at least, no exponent.
private func number(_ value: Double) -> String {
    let digits = abs(value) < 10 ? 2 : abs(value) < 100 ? 1 : 0
    return fixed(value, digits)
}

private func ratioText(_ value: Double) -> String { fixed(value, 2) + "x" }

private func fixed(_ value: Double, _ digits: Int) -> String {
    let scale = [1.0, 10.0, 100.0][digits]
    let scaled = Int((abs(value) * scale).rounded())
    let whole = "\(value < 0 && scaled > 0 ? "-" : "")\(scaled / Int(scale))"
    guard digits > 0 else { return whole }
    let fraction = "\(scaled % Int(scale))"
    return whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// `text` in a field of `width` characters: left in it, or right if the width is negative.
private func pad(_ text: String, _ width: Int) -> String {
    let space = String(repeating: " ", count: max(0, abs(width) - text.count))
    return width < 0 ? space + text : text + space
}
