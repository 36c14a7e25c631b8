import ArgumentParser
import UltraAPI

struct Probe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Check now whether providers are reachable, accept the key and list their models.",
        discussion: """
            Checks every provider, or only the named provider or model. The check is free. --deep makes the model, or \
            each model of the provider, generate one token or vector. That costs money, within the daily budget \
            health.deep_probe_usd_per_day, and is for the daemon's administrators. Exit status 1 if a check fails; a \
            provider without a key fails only if it is named.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: ArgumentHelp("Provider id or model.", valueName: "provider|model"),
        completion: .custom(KnownNames.providersAndModels))
    var target: String?

    @Flag(help: "Also generate one token or vector, which costs money.")
    var deep = false

    func validate() throws {
        if deep, target == nil { throw ValidationError("--deep costs money: name a model or a provider.") }
    }

    /// The default time limit: longer than the daemon takes to probe all its providers in sequence.
    private static let defaultTimeLimit: Duration = .seconds(300)

    func run() throws {
        do throws(Failure) {
            let answer = try ask()
            let report = try answer.read { (reader) throws(JSONError) in try ProbeReport(&reader) }
            if global.json {
                try answer.printJSON()
            } else {
                let text = ProbeText(
                    report: report, isNamed: target != nil, isDeep: deep, style: Style(for: .standardOutput))
                try Output.standardOutput.write(text.render())
            }
            if report.results.contains(where: { $0.outcome(isNamed: target != nil) == .failed }) { throw .someFailed }
        } catch {
            if global.json { try error.printAnswer() }
            throw error
        }
    }

    /// Sends the request. A target without slash and colon is a provider if the daemon has one of that id, else a model.
    private func ask() throws(Failure) -> Event {
        guard let target, !target.contains("/"), !target.contains(":") else {
            return try Self.ask(global, model: target, isDeep: deep)
        }
        do throws(Failure) {
            return try Self.ask(global, provider: target, isDeep: deep)
        } catch {
            guard case .refused(let refusal) = error, refusal.field == "provider" else { throw error }
            do throws(Failure) {
                return try Self.ask(global, model: target, isDeep: deep)
            } catch {
                guard case .refused(let refusal) = error, refusal.field == "model", !global.json else { throw error }
                throw .notFound(
                    "there is no provider and no model \(target)", hint: "see: ultractl status, ultractl models")
            }
        }
    }

    /// Sends a `probe` request for one provider or model, or for all providers, and returns its `result`.
    static func ask(
        _ global: GlobalOptions, provider: String? = nil, model: String? = nil, isDeep: Bool = false
    ) throws(Failure) -> Event {
        var writer = JSONWriter()
        writer.beginObject()
        writer.fieldIfPresent("provider", provider)
        writer.fieldIfPresent("model", model)
        if isDeep { writer.field("deep", true) }
        writer.endObject()
        var progress = Progress(
            .standardError, ["probing", provider ?? model].compactMap(\.self).joined(separator: " "))
        defer { progress.clear() }
        return try global.connect().exchange(
            "probe", fields: writer.bytes, timeLimit: global.timeLimit ?? defaultTimeLimit,
            idleLimit: progress.isShown ? Progress.interval : nil, onWait: { progress.draw() })
    }
}
