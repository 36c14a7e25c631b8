/// Reads Prometheus' text format 0.0.4 as strictly as promtool checks it, and throws at the first flaw.
struct Exposition {
    struct Flaw: Error, CustomStringConvertible {
        let line: Int
        let reason: String
        var description: String { "line \(line): \(reason)" }
    }

    struct Sample: Hashable {
        var name: String
        var labels: [String: String]
    }

    private(set) var values: [Sample: Double] = [:]
    /// Kind by family.
    private(set) var families: [String: String] = [:]
    private var helped: Set<String> = []
    private var family = ""
    private var line = 0

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Flaw(line: 0, reason: "the last line does not end") }
        for text in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            line += 1
            if text.hasPrefix("#") { try comment(String(text)) } else { try sample(String(text)) }
        }
        try checkHistograms()
    }

    /// The value of one series; nil: there is none.
    subscript(name: String, labels: [String: String] = [:]) -> Double? {
        values[Sample(name: name, labels: labels)]
    }

    /// The sum of all series with that name.
    func sum(_ name: String) -> Double { values.filter { $0.key.name == name }.values.reduce(0, +) }

    private func flaw(_ reason: String) -> Flaw { Flaw(line: line, reason: reason) }

    private mutating func comment(_ text: String) throws {
        let words = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard words.count == 4, words[0] == "#", !words[3].isEmpty else { throw flaw("neither HELP nor TYPE: \(text)") }
        let name = words[2]
        guard Self.isName(name, colon: true) else { throw flaw("\(name) is no name") }
        switch words[1] {
        case "HELP":
            guard helped.insert(name).inserted else { throw flaw("a second HELP of \(name)") }
            family = name
        case "TYPE":
            guard family == name, families[name] == nil else { throw flaw("TYPE of \(name) does not follow its HELP") }
            guard ["counter", "gauge", "histogram"].contains(words[3]) else { throw flaw("no type: \(words[3])") }
            guard (words[3] == "counter") == name.hasSuffix("_total") else { throw flaw("\(name) as \(words[3])") }
            for unit in ["_ms", "_milliseconds", "_us", "_kilobytes", "_mb", "_percent", "_minutes"]
            where name.contains(unit + "_") || name.hasSuffix(unit) {
                throw flaw("\(name) is not in a base unit")
            }
            families[name] = words[3]
        default: throw flaw("neither HELP nor TYPE")
        }
    }

    private mutating func sample(_ text: String) throws {
        var rest = Substring(text)
        let name = String(rest.prefix { $0 != "{" && $0 != " " })
        guard Self.isName(name, colon: true) else { throw flaw("\(name) is no name") }
        guard let kind = families[family] else { throw flaw("\(name) comes before its TYPE") }
        let suffixes = kind == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        guard suffixes.contains(where: { family + $0 == name }) else { throw flaw("\(name) is not of \(family)") }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest = rest.dropFirst()
            while rest.first != "}" {
                let (label, value) = try Self.label(&rest) ?? { throw flaw("a label is broken") }()
                guard labels.updateValue(value, forKey: label) == nil else { throw flaw("\(label) twice") }
                if rest.first == "," { rest = rest.dropFirst() }
            }
            rest = rest.dropFirst()
        }
        guard rest.first == " " else { throw flaw("no value") }
        let number = rest.dropFirst()
        guard let value = Double(number), value.isFinite, !number.hasPrefix("+") else {
            throw flaw("no value: \(number)")
        }
        guard kind == "gauge" || value >= 0 else { throw flaw("\(name) is below zero") }
        guard (name.hasSuffix("_bucket") && kind == "histogram") == (labels["le"] != nil) else { throw flaw("le") }
        guard values.updateValue(value, forKey: Sample(name: name, labels: labels)) == nil else {
            throw flaw("\(text) twice")
        }
    }

    /// `name="value"`, escapes resolved.
    private static func label(_ rest: inout Substring) throws -> (String, String)? {
        let name = String(rest.prefix { $0 != "=" })
        guard isName(name, colon: false), rest.dropFirst(name.count).hasPrefix("=\"") else { return nil }
        rest = rest.dropFirst(name.count + 2)
        var value = ""
        while let character = rest.popFirst() {
            if character == "\"" { return (name, value) }
            guard character == "\\" else {
                value.append(character)
                continue
            }
            switch rest.popFirst() {
            case "n": value.append("\n")
            case "\\": value.append("\\")
            case "\"": value.append("\"")
            default: return nil
            }
        }
        return nil
    }

    private static func isName(_ text: String, colon: Bool) -> Bool {
        guard let first = text.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
        return text.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_"
                || colon && $0 == ":"
        }
    }

    /// Checks that the counts of buckets grow with their bounds, and that the last bucket is infinite and counts
    /// everything.
    private func checkHistograms() throws {
        for (name, kind) in families where kind == "histogram" {
            var buckets: [[String: String]: [(bound: Double, count: Double)]] = [:]
            for (sample, value) in values where sample.name == name + "_bucket" {
                var labels = sample.labels
                let text = labels.removeValue(forKey: "le") ?? ""
                guard let bound = text == "+Inf" ? .infinity : Double(text) else { throw flaw("le=\(text) of \(name)") }
                buckets[labels, default: []].append((bound, value))
            }
            for (labels, unsorted) in buckets {
                let series = unsorted.sorted { $0.bound < $1.bound }
                guard zip(series, series.dropFirst()).allSatisfy({ $0.count <= $1.count }) else {
                    throw flaw("buckets of \(name) \(labels) do not grow")
                }
                guard let last = series.last, last.bound == .infinity, self[name + "_count", labels] == last.count,
                    self[name + "_sum", labels] != nil
                else { throw flaw("\(name) \(labels) has no whole count or sum") }
            }
        }
    }
}
