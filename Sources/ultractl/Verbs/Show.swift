import ArgumentParser
import UltraAPI

struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a model: every known fact with its source, its health, and example requests.",
        discussion: "--json prints the model's object from the daemon's answer to the operation models.")

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: ArgumentHelp(
            "Model id (provider/name), alias, or a name that only one provider has.", valueName: "model"),
        completion: .custom(KnownNames.models))
    var model: String

    func run() throws {
        do throws(Failure) {
            try show()
        } catch {
            if global.json { try error.printAnswer() }
            throw error
        }
    }

    private func show() throws(Failure) {
        let connection = try global.connect()
        let answer = try global.ask("models", on: connection)
        let list = try answer.read { (reader) throws(JSONError) in try ModelList(&reader) }
        let report = try list.only(model)
        if global.json {
            let object = try answer.read { (reader) throws(JSONError) in
                try ModelList.object(of: report.id, &reader)
            }
            return try Output.standardOutput.write(json: object?.line ?? [])
        }
        var text = ModelText(
            model: report, isDefault: report.id == list.defaultModel, style: Style(for: .standardOutput), now: .now)
        if !report.isUsable {
            text.provider = try global.ask("status", on: connection)
                .read { (reader) throws(JSONError) in try StatusReport(&reader) }
                .providers.first { $0.id == report.provider }
        }
        try Output.standardOutput.write(text.render())
    }
}

/// Formats one model: its facts with their source, its health, its provider's problem, and example requests.
struct ModelText {
    let model: ModelReport
    let isDefault: Bool
    /// The provider of an unusable model, whose state may explain why; `nil` for a usable model.
    var provider: ProviderReport?
    let style: Style
    let now: Timestamp

    func render() -> String {
        [headline, facts, evidence, trouble, usage].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var headline: String {
        let since = model.stateSince.map { " for \($0.age(at: now))" } ?? ""
        let retry = model.retryAt?.wait(from: now).map { ", next attempt in \($0)" } ?? ""
        let parts = [
            model.displayName, isDefault ? "the default model" : nil, model.isMock ? "answered by the mock" : nil,
        ].compactMap(\.self).map(oneLine)
        let first = "\(style.bold(oneLine(model.id))) · \(style.state(oneLine(model.state)))\(since)\(retry)\n"
        return first + (parts.isEmpty ? "" : parts.joined(separator: " · ") + "\n")
    }

    private var facts: String {
        var table = Table([.init(title: ""), .init(title: "", minimum: 24, overflow: .wrap), .init(title: "")])
        func fact(_ title: String, _ value: String?, from source: String? = nil) {
            guard let value, !value.isEmpty else { return }
            table.append([
                .init(title), .init(value), .init(source ?? "", paint: style.dim),
            ])
        }
        fact("kind", model.kind, from: model.sources.kind)
        fact("aliases", model.aliases.joined(separator: ", "))
        fact("tags", model.tags.joined(separator: ", "))
        fact("capabilities", (model.capabilities ?? []).joined(separator: ", "), from: model.sources.capabilities)
        fact(
            "context window", model.contextWindow.map { "\(Quantity.count($0)) tokens" } ?? "unknown",
            from: model.sources.contextWindow)
        fact(
            "longest output", model.maxOutputTokens.map { "\(Quantity.count($0)) tokens" } ?? "unknown",
            from: model.sources.maxOutputTokens)
        fact("price", price, from: model.sources.price)
        fact("retires", model.retiresOn, from: model.sources.retiresOn)
        fact("weight", model.weight.map { Quantity.fixed($0, 2) })
        return table.render(style)
    }

    private var price: String {
        guard let price = model.price else { return "unknown" }
        func part(_ value: Double?, _ what: String) -> String? { value.map { "\(Quantity.money($0)) \(what)" } }
        let parts = [
            part(price.input, "input"), part(price.cachedInput, "cached input"),
            part(price.cacheWrite, "cache write"), part(price.output, "output"),
        ].compactMap(\.self)
        return parts.joined(separator: ", ") + " per million tokens"
    }

    private var evidence: String {
        var table = Table([
            .init(title: ""), .init(title: ""), .init(title: "", minimum: 20, overflow: .wrap),
        ])
        for item in model.evidence {
            let age = item.at.map { "\($0.age(at: now)) ago" }
            table.append([
                .init(item.name), .init(item.answer) { paint(item.holds, $0) },
                .init([item.source.map(Self.source), age].compactMap(\.self).joined(separator: ", ")),
            ])
        }
        if let median = model.latency.firstTokenP50 {
            let slow = model.latency.firstTokenP95.map {
                "median; 95th percentile \(Quantity.duration(milliseconds: $0))"
            }
            table.append([
                "first token", .init(Quantity.duration(milliseconds: median)), .init(slow ?? "median"),
            ])
        }
        if let count = model.failures.consecutive {
            let last = model.failures.last.map { code in
                "last: \(code)" + (model.failures.lastAt.map { ", \($0.age(at: now)) ago" } ?? "")
            }
            table.append([
                "failures", .init("\(count) in a row") { count > 0 ? style.yellow($0) : $0 }, .init(last ?? ""),
            ])
        }
        return table.render(style)
    }

    private static func source(_ word: String) -> String {
        word == "live" ? "live traffic" : word
    }

    private func paint(_ holds: Bool?, _ text: String) -> String {
        switch holds {
        case true?: style.green(text)
        case false?: style.red(text)
        case nil: style.dim(text)
        }
    }

    private var trouble: String {
        guard let advice = provider?.advice else { return "" }
        var table = Table([.init(title: ""), .init(title: "", minimum: 30, overflow: .wrap)])
        table.append([.init("\(model.provider):", paint: style.yellow), .init(advice)])
        return table.render(style)
    }

    private var usage: String {
        guard model.kind != "other" else { return "Ultra lists this model, but has no operation for it.\n" }
        let verb = model.kind == "embeddings" ? "embed" : "generate"
        let field = model.kind == "embeddings" ? #""input":["…"]"# : #""prompt":"…""#
        var table = Table([.init(title: ""), .init(title: "", minimum: 24, overflow: .wrap)])
        table.append(["command", .init("ultractl \(verb) -m \(model.id) \"…\"")])
        table.append(["request", .init(#"{"id":1,"op":"\#(verb)","model":"\#(model.id)",\#(field)}"#)])
        return table.render(style)
    }
}
