import ArgumentParser
import UltraAPI

struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show everything known about a model, where it comes from, and how to use it.",
        discussion: "--json prints the model's object from the daemon's answer to the operation models.")

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: ArgumentHelp(
            "Its id (provider/name), an alias, or its name if only one provider has it.", valueName: "model"),
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
            return try Output.standardOutput.write(json: object)
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
