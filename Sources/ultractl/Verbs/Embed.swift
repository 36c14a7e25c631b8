import ArgumentParser
import Glibc
import UltraAPI

struct Embed: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Turn texts into embedding vectors, printed as one line of JSON each.",
        discussion: """
            Each TEXT is one input. Standard input is an input if TEXT is - or missing; with --lines, each line of \
            standard input is an input. A file or pipe gets the vectors in the order of the inputs; a terminal gets a \
            summary.
            """)

    /// The values of the protocol's field `purpose`.
    enum Purpose: String, ExpressibleByArgument, CaseIterable {
        case document, query, classification, clustering
    }

    @OptionGroup var global: GlobalOptions

    @Option(
        name: .shortAndLong, help: "Model id, alias, route or tag:NAME (default: the daemon's default model).",
        completion: .custom(KnownNames.models))
    var model: String?

    @Option(help: ArgumentHelp("Number of dimensions (default: the model's own).", valueName: "n"))
    var dimensions: Int?

    @Option(
        help: ArgumentHelp(
            "Purpose of the vectors; some providers return different vectors for each.", valueName: "purpose")
    )
    var purpose: Purpose?

    @Flag(help: "Make each line of standard input an input.")
    var lines = false

    @Argument(help: ArgumentHelp("A text to embed; - stands for standard input.", valueName: "text"))
    var texts: [String] = []

    func validate() throws {
        if let dimensions, !(1...65_536).contains(dimensions) {
            throw ValidationError("--dimensions must be between 1 and 65536.")
        }
    }

    func run() throws {
        var timeLimit = global.timeLimit
        let inputs = try inputs(within: &timeLimit)
        let fields = fields(inputs, timeLimit)
        var progress = Progress(.standardError, "embedding")
        let connection = try global.connect()
        do throws(Failure) {
            let answer = try connection.exchange(
                "embed", fields: fields, timeLimit: timeLimit.map { $0 + Generate.grace },
                idleLimit: progress.isShown ? Progress.interval : nil, onWait: { progress.draw() })
            progress.clear()
            if global.json {
                try answer.printJSON()
            } else if Output.standardOutput.isTerminal {
                try Output.standardOutput.write(
                    answer.render { (reader, style) throws(JSONError) in
                        EmbedText(report: try EmbedReport(&reader), inputs: inputs, style: style).render()
                    })
            } else {
                try Output.standardOutput.write(
                    answer.read { (reader) throws(JSONError) in try EmbedReport.lines(&reader) })
            }
        } catch {
            progress.clear()
            if global.json { try error.printAnswer() }
            throw error
        }
    }

    private func fields(_ inputs: [String], _ timeLimit: Duration?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.fieldIfPresent("model", model)
        writer.key("input")
        writer.beginArray()
        inputs.forEach { writer.string($0) }
        writer.endArray()
        writer.fieldIfPresent("dimensions", dimensions)
        writer.fieldIfPresent("purpose", purpose?.rawValue)
        writer.fieldIfPresent("timeout_ms", timeLimit.map { Int($0.milliseconds) })
        writer.endObject()
        return writer.bytes
    }

    private func inputs(within timeLimit: inout Duration?) throws(Failure) -> [String] {
        var sources = texts
        if sources.isEmpty || lines && !sources.contains("-") { sources.append("-") }
        var inputs: [String] = []
        for source in sources {
            inputs += source == "-" ? try standardInput(within: &timeLimit) : [source]
        }
        guard !inputs.isEmpty, !inputs.contains("") else {
            throw .usage("nothing to embed: give a text that is not empty, or pipe one in")
        }
        return inputs
    }

    private func standardInput(within timeLimit: inout Duration?) throws(Failure) -> [String] {
        guard let text = try InputFile.standardInput(within: &timeLimit).text else {
            throw .usage("standard input is not UTF-8 text")
        }
        guard lines else { return [text] }
        // Swift counts CR LF as one character, for which isNewline is true.
        var split = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
        if split.last == "" { split.removeLast() }
        // Dropping an empty line would shift every later vector against its line.
        if let empty = split.firstIndex(of: "") {
            throw .usage("line \(empty + 1) of standard input is empty: each line must have text")
        }
        return split
    }
}
