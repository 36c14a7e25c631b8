import UltraAPI

/// The comparison as JSON for programs: every median, by shape, concurrency and path.
struct Report {
    let bench: Bench
    let versions: [(name: String, text: String)]

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("machine")
        writer.beginObject()
        writer.field("processor", Machine.processor)
        writer.field("kernel", Machine.kernel)
        for version in versions { write(version.name, version.text, &writer) }
        writer.endObject()
        writer.field("rounds", bench.rounds)
        writer.field("foreign_cpu_share", bench.foreignShare)
        writer.key("omissions")
        writer.beginArray()
        for omission in bench.omissions { writer.string(omission) }
        writer.endArray()
        writer.key("scenarios")
        writer.beginArray()
        for scenario in Scenario.all {
            for path in Path.allCases where bench.comparison.rounds(scenario, path) > 0 {
                write(scenario, path, &writer)
            }
        }
        writer.endArray()
        writer.key("footprint")
        writer.beginObject()
        for row in bench.footprint.rows {
            writer.key(row.unit.isEmpty ? row.name : "\(row.name), \(row.unit)")
            if let value = row.value { writer.double(value) } else { writer.null() }
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes + [10]
    }

    private func write(_ name: String, _ text: String, _ writer: inout JSONWriter) {
        writer.key(name)
        writer.string(text)
    }

    private func write(_ scenario: Scenario, _ path: Path, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("shape", scenario.shape.rawValue)
        writer.field("concurrency", scenario.concurrency)
        writer.field("path", path.rawValue)
        for name in Figures.Name.allCases {
            guard let value = bench.comparison.figure(name, scenario, path) else { continue }
            writer.key(name.rawValue)
            writer.double(value)
        }
        writer.endObject()
    }
}
