import ArgumentParser
import UltraAPI

struct Probe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Check providers now: are they reachable, is the key accepted, is the model listed.",
        discussion: """
            Checks every provider, or only the one named. The check is free. --deep has a model, or each model of a \
            provider, generate one token or vector: that costs money, within the daemon's daily budget for it \
            (health.deep_probe_usd_per_day), and is for its administrators. Exit status 1 if a check fails; a provider \
            without a key fails only if it is named.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: ArgumentHelp("Id of a provider, or a model.", valueName: "provider|model"),
        completion: .custom(KnownNames.providersAndModels))
    var target: String?

    @Flag(help: "Have the models answer, which costs money.")
    var deep = false

    func validate() throws {
        if deep, target == nil { throw ValidationError("--deep costs money: name a model or a provider.") }
    }

    /// Longer than the daemon takes for all its providers one after the other.
    private static let patience: Duration = .seconds(300)

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

    /// A name without slash and colon is a provider's if the daemon knows such a provider, else a model's.
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
                    "no provider and no model is called \(target)", hint: "see: ultractl status, ultractl models")
            }
        }
    }

    /// Asks for a probe of one provider or model, or of all providers.
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
            "probe", fields: writer.bytes, timeLimit: global.timeLimit ?? patience,
            idleLimit: progress.isShown ? Progress.interval : nil, onWait: { progress.draw() })
    }
}
