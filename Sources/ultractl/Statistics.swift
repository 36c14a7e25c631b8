/// `--stats`: what an answer took, from its `result` or `done` event, in one line.
struct Statistics {
    private let facts: [String]

    init(_ event: borrowing Event) {
        let firstToken = event.number("timing_ms.first_token")
        let total = event.number("timing_ms.total")
        let output = event.integer("usage.output_tokens")
        var facts = [event.string("model") ?? "unknown model"]
        if let input = event.integer("usage.input_tokens") {
            let cached = event.integer("usage.cached_input_tokens") ?? 0
            facts.append("\(input) tokens in" + (cached > 0 ? " (\(cached) cached)" : ""))
        }
        if let output {
            let reasoning = event.integer("usage.reasoning_tokens") ?? 0
            facts.append("\(output) out" + (reasoning > 0 ? " (\(reasoning) reasoning)" : ""))
        }
        if let firstToken { facts.append("first token \(Quantity.duration(milliseconds: firstToken))") }
        if let total { facts.append("total \(Quantity.duration(milliseconds: total))") }
        if let rate = Self.rate(tokens: output, firstToken: firstToken, total: total) {
            facts.append("\(Quantity.fixed(rate, 1)) tokens/s")
        }
        facts.append(event.number("cost_usd").map(Quantity.money) ?? "cost unknown")
        switch event.string("cache") {
        case "hit": facts.append("from the cache")
        case "coalesced": facts.append("shared with an equal request")
        default: break
        }
        self.facts = facts
    }

    /// Tokens a second once the answer had begun; `nil` if that took no measurable time.
    static func rate(tokens: Int?, firstToken: Double?, total: Double?) -> Double? {
        guard let tokens, let total, tokens > 0 else { return nil }
        let milliseconds = total - (firstToken ?? 0)
        return milliseconds >= 1 ? Double(tokens) / milliseconds * 1000 : nil
    }

    var line: String { printable(facts.joined(separator: ", ")) + "\n" }
}
