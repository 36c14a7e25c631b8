/// The answer cache for a person.
struct CacheText {
    let report: StatusReport
    let style: Style

    func render() -> String {
        guard report.cache.isEnabled != false else {
            return "The cache is off; [cache] enabled = true in the configuration turns it on.\n"
        }
        let cache = report.cache
        var table = Table([.init(title: ""), .init(title: "", alignment: .right), .init(title: "")])
        func line(_ title: String, _ value: String?, _ note: String = "") {
            guard let value else { return }
            table.append([.init(title, paint: style.bold), .init(value), .init(note, paint: style.dim)])
        }
        line("hits", cache.hits.map(Quantity.count), share)
        line("misses", cache.misses.map(Quantity.count))
        line("coalesced", cache.coalesced.map(Quantity.count), "shared with an equal request in flight")
        line("answers kept", cache.entries.map(Quantity.count))
        line("size", cache.bytes.map(Quantity.bytes), cache.limitBytes.map { "of \(Quantity.bytes($0))" } ?? "")
        line("saved", cache.savedUSD.map(Quantity.money))
        return table.render(style)
    }

    /// `25 % of 48`.
    private var share: String {
        guard let hits = report.cache.hits, let misses = report.cache.misses, hits + misses > 0 else { return "" }
        let share = Double(hits) / Double(hits + misses) * 100
        return "\(Quantity.fixed(share, 0)) % of \(Quantity.count(hits + misses))"
    }
}
