import ArgumentParser
import UltraAPI

struct Probe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Check providers now: can they be reached, do they take the key, do they list the model.",
        discussion: """
            Without an argument every provider is checked. The check is free; --deep makes a model generate one token \
            (or one vector), which costs money and is for the daemon's administrators. Exit status 1 if a check \
            failed; a provider without a key fails only if it was named.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: ArgumentHelp("A provider's id, or a model.", valueName: "provider|model"),
        completion: .custom(KnownNames.providers))
    var target: String?

    @Flag(help: "Make the model answer.")
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
                let text = ProbeText(report: report, isNamed: target != nil, style: Style(for: .standardOutput))
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
            return try Self.ask(global, model: target, isDeep: deep)
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
