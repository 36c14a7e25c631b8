/// Metrics in Prometheus' text format, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).
///
/// Each family is written once, followed by its samples. A family without samples is omitted.
struct MetricsText: Sendable {
    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    typealias Labels = KeyValuePairs<StaticString, String>

    private(set) var text = ""
    private var family: StaticString = ""
    /// The head of the current family, until its first sample.
    private var head = ""

    init() {}

    /// Begins a family, to which the samples that follow belong.
    /// - Parameter name: with its base unit, and `_total` for a counter.
    mutating func begin(_ kind: Kind, _ name: StaticString, _ help: StaticString) {
        family = name
        head = "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ value: Int, _ labels: Labels = [:]) {
        add("", labels, "\(value)")
    }

    mutating func sample(_ value: Bool, _ labels: Labels = [:]) {
        add("", labels, value ? "1" : "0")
    }

    mutating func sample(_ value: Double, _ labels: Labels = [:]) {
        add("", labels, "\(value)")
    }

    /// Writes an amount of money, given in micro-USD, in USD.
    mutating func sample(microUSD value: Int, _ labels: Labels = [:]) {
        sample(Double(value) / 1_000_000, labels)
    }

    mutating func sample(_ histogram: Histogram, _ labels: Labels) {
        var total = 0
        for (index, count) in histogram.counts.enumerated() {
            total += count
            let bounds = Histogram.boundsSeconds
            add("_bucket", labels, bound: index < bounds.count ? "\(bounds[index])" : "+Inf", "\(total)")
        }
        add("_sum", labels, "\(Double(histogram.sumNanoseconds) / 1e9)")
        add("_count", labels, "\(total)")
    }

    private mutating func add(_ suffix: String, _ labels: Labels, bound: String? = nil, _ value: String) {
        text += head
        head = ""
        text += "\(family)\(suffix)"
        var pairs = labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
        if let bound { pairs.append("le=\"\(bound)\"") }
        if !pairs.isEmpty { text += "{\(pairs.joined(separator: ","))}" }
        text += " \(value)\n"
    }

    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
        var text = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }
}
