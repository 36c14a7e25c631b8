import ArgumentParser
import Glibc
import UltraAPI

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Send a prompt to a model and print its answer.",
        discussion: """
            The words of PROMPT are joined by spaces. Standard input is appended if it is not a terminal or if PROMPT \
            contains a -. Files follow: text files between <file> tags, images as images.

            Standard output gets only the answer, as it arrives. On a terminal, a missing newline at its end is added; \
            a file or pipe gets the exact bytes. Progress is shown on standard error if that is a terminal. --json \
            waits for the whole answer.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(
        name: .shortAndLong, help: "Model id, alias, route or tag:NAME (default: the daemon's default model).",
        completion: .custom(KnownNames.models))
    var model: String?

    @Option(name: .shortAndLong, help: "System prompt.")
    var system: String?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Attach a text or image file; repeatable."),
        completion: .file())
    var file: [String] = []

    @Option(help: ArgumentHelp("File with a JSON Schema for the answer.", valueName: "file"), completion: .file())
    var schema: String?

    @Option(help: ArgumentHelp("Maximum length of the answer in tokens.", valueName: "n"))
    var maxTokens: Int?

    @Option(help: ArgumentHelp("Sampling temperature (0 = deterministic).", valueName: "t"))
    var temperature: Double?

    @Flag(help: "Print the answer only when it is complete.")
    var noStream = false

    @Flag(help: "Print tokens, times and cost on standard error after the answer.")
    var stats = false

    @Argument(help: ArgumentHelp("The prompt; - stands for standard input.", valueName: "prompt"))
    var words: [String] = []

    func validate() throws {
        try Self.validate(maxTokens: maxTokens, temperature: temperature)
    }

    static func validate(maxTokens: Int?, temperature: Double?) throws {
        if let maxTokens, maxTokens < 1 { throw ValidationError("--max-tokens must be at least 1.") }
        if let temperature, !(temperature >= 0 && temperature.isFinite) {
            throw ValidationError("--temperature must be 0 or more.")
        }
    }

    func run() throws {
        let isStreamed = !noStream && !global.json
        var progress = Progress(.standardError)
        var text = AnswerText(.standardOutput)
        var timeLimit = global.timeLimit
        let prompt = try prompt(within: &timeLimit)
        let fields = try fields(prompt, timeLimit, wantsProgress: progress.isShown)
        let connection = try Connection(socket: global.socket, timeLimit: timeLimit)
        do throws(Failure) {
            let answer = try StreamedAnswer.ask(
                isStreamed ? "stream" : "generate", fields, on: connection,
                timeLimit: timeLimit.map { $0 + Self.grace }, progress: &progress, text: &text)
            try finish(answer, &text)
        } catch {
            if global.json { try error.printAnswer() }
            throw error
        }
    }

    /// The extra time on top of `--timeout`, so that the daemon's `timeout` error, which names the timer, arrives first.
    static let grace: Duration = .milliseconds(500)

    private func finish(_ answer: borrowing Event, _ text: inout AnswerText) throws(Failure) {
        if global.json {
            try answer.printJSON()
        } else {
            if noStream {
                try answer.withText("text") { (whole) throws(Failure) in try text.write(whole) }
            }
            try text.end(noteFollows: stats)
        }
        if stats {
            try? Output.standardError.write(Statistics(answer).line)  // The answer is complete without it: ignoring.
        }
    }

    private func fields(
        _ prompt: Prompt, _ timeLimit: Duration?, wantsProgress: Bool
    ) throws(Failure) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.fieldIfPresent("model", model)
        writer.fieldIfPresent("system", system)
        prompt.write(to: &writer)
        if let schema { try AnswerSchema(InputFile(path: schema)).write(to: &writer) }
        writer.fieldIfPresent("max_tokens", maxTokens)
        writer.fieldIfPresent("temperature", temperature)
        writer.fieldIfPresent("timeout_ms", timeLimit.map { Int($0.milliseconds) })
        if wantsProgress { writer.field("progress", true) }
        writer.endObject()
        return writer.bytes
    }

    private func prompt(within timeLimit: inout Duration?) throws(Failure) -> Prompt {
        var prompt = Prompt()
        prompt.append(words.filter { $0 != "-" }.joined(separator: " "))
        if words.contains("-") || isatty(STDIN_FILENO) != 1 {
            try prompt.append(standardInput: .standardInput(within: &timeLimit))
        }
        for path in file { try prompt.append(attachment: InputFile(path: path)) }
        guard !prompt.isEmpty else { throw .usage("the prompt is empty: give a prompt, or pipe text in") }
        return prompt
    }
}

/// The JSON Schema of an answer, read from a file and named after it.
struct AnswerSchema {
    private let name: String
    private let schema: RawJSON

    /// - Throws: `.usage` if the file is not one JSON object.
    init(_ file: InputFile) throws(Failure) {
        do {
            schema = try JSONReader.read(file.bytes) { (reader) throws(JSONError) in
                guard try reader.kind() == .object else { throw JSONError(.unexpectedByte, offset: 0) }
                let schema = try reader.rawJSON()
                try reader.end()
                return schema
            }
        } catch {
            throw .usage("\(file.name): not a JSON object (at byte \(error.offset))")
        }
        // OpenAI accepts at most 64 letters, digits, - and _ (response_format.json_schema.name).
        let stem = file.lastComponent.split(separator: ".").first ?? "answer"
        name = String(
            stem.unicodeScalars.prefix(64).map { scalar in
                let isPlain = scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                return isPlain || scalar == "-" ? Character(scalar) : "_"
            })
    }

    func write(to writer: inout JSONWriter) {
        writer.key("response_format")
        writer.beginObject()
        writer.field("name", name)
        writer.field("schema", schema)
        writer.field("strict", true)
        writer.endObject()
    }
}
