import Glibc
import UltraAPI

/// A talk with models: takes lines, prints answers on standard output and all else on standard error.
struct ChatSession {
    let options: Chat
    /// The model asked; `nil`: the daemon's default.
    private(set) var model: String?
    private(set) var conversation = Conversation()
    /// What goes with the next message.
    private var attachments: [InputFile] = []
    private var showsStatistics: Bool
    /// Asked each time: a terminal changes its width.
    private var style: Style { Style(for: .standardError) }

    init(_ options: Chat) {
        self.options = options
        model = options.model
        conversation.system = options.system
        showsStatistics = options.stats
    }

    /// Does what a line says.
    ///
    /// - Returns: whether the talk goes on.
    /// - Throws: what came of an answer; commands that cannot be carried out are wrong usage.
    mutating func take(_ line: String) throws(Failure) -> Bool {
        switch ChatCommand(line) {
        case .say(let text): try say(text)
        case .model(nil): try note(model.map { "model \($0)" } ?? "the daemon's default model")
        case .model(let name): model = name
        case .system(nil): try note(conversation.system ?? "no instructions")
        case .system("-"): conversation.system = nil
        case .system(let text): conversation.system = text
        case .file(let path):
            let file = try InputFile(path: path)
            guard file.imageType != nil || file.text != nil else { throw Prompt.unusable(file) }
            attachments.append(file)
            try note("\(file.lastComponent) goes with the next message")
        case .clear:
            conversation.clear()
            attachments = []
        case .save(let path): try save(path)
        case .stats: showsStatistics.toggle()
        case .help: try note(help)
        case .quit: return false
        case .incomplete(let word): throw .usage("\(word) needs a path")
        case .unknown(let word, let nearest):
            throw .usage(
                "there is no \(word)\(nearest.map { "; did you mean \($0)?" } ?? "; /help lists the commands")")
        }
        return true
    }

    // MARK: - Asking

    private mutating func say(_ text: String) throws(Failure) {
        var prompt = Prompt()
        prompt.append(text.contains { !$0.isWhitespace } ? text : "")
        for file in attachments { try prompt.append(attachment: file) }
        guard !prompt.isEmpty else { return }
        conversation.append(question: prompt)
        var said: [UInt8] = []
        do throws(Failure) {
            try ask { said += $0 }
            attachments = []
        } catch {
            // What was said until the user had enough was said.
            if case .interrupted = error, !said.isEmpty {
                attachments = []
                conversation.append(answer: String(decoding: said, as: UTF8.self))
            } else {
                conversation.dropQuestion()
            }
            throw error
        }
    }

    private mutating func ask(_ onPiece: (UnsafeRawBufferPointer) -> Void) throws(Failure) {
        let isStreamed = !options.global.json
        var progress = Progress(.standardError)
        var text = AnswerText(.standardOutput)
        var whole: [UInt8] = []
        let fields = fields(wantsProgress: progress.isShown)
        // On a connection of its own: what is late of one answer must not be taken for the next.
        let connection = try options.global.connect()
        let answer = try StreamedAnswer.ask(
            isStreamed ? "stream" : "generate", fields, on: connection,
            timeLimit: options.global.timeLimit.map { $0 + Generate.grace }, progress: &progress, text: &text,
            onPiece: {
                onPiece($0)
                whole += $0
            })
        if isStreamed {
            try text.endLine()
        } else {
            try answer.printJSON()
            answer.withText("text") { whole += $0 }
        }
        conversation.append(answer: String(decoding: whole, as: UTF8.self))
        if showsStatistics { try note(Statistics(answer).line) }
    }

    private func fields(wantsProgress: Bool) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        write(to: &writer)
        writer.fieldIfPresent("timeout_ms", options.global.timeLimit.map { Int($0.milliseconds) })
        if wantsProgress { writer.field("progress", true) }
        writer.endObject()
        return writer.bytes
    }

    /// The request, but for what belongs to this program.
    private func write(to writer: inout JSONWriter) {
        writer.fieldIfPresent("model", model)
        conversation.write(to: &writer)
        writer.fieldIfPresent("max_tokens", options.maxTokens)
        writer.fieldIfPresent("temperature", options.temperature)
    }

    // MARK: - Commands

    private func save(_ path: String) throws(Failure) {
        guard !conversation.isEmpty else { throw .usage("nothing was said yet") }
        var writer = JSONWriter()
        writer.beginObject()
        write(to: &writer)
        writer.endObject()
        // Not over another file: what is lost then is more than a talk.
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .usage("\(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let bytes = writer.bytes + [UInt8(ascii: "\n")]
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
            throw .usage("\(path): \(String(cString: strerror(errno)))")
        }
        try note("saved; ask it again with: ultractl call generate \"$(cat \(path))\"")
    }

    private var help: String {
        var table = Table([.init(title: ""), .init(title: ""), .init(title: "", minimum: 24, overflow: .wrap)])
        for command in ChatCommand.all {
            table.append([.init(command.name), .init(command.argument), .init(command.does)])
        }
        table.append(["\\", "Enter", "a line more of the same message; so do Alt-Enter and a paste of several lines"])
        table.append(["Ctrl-C", "", "cancel the answer, or drop the line"])
        table.append(["Tab", "", "complete a command or a model"])
        table.append(["//", "", "say something that begins with a slash"])
        return table.render(style)
    }

    private func note(_ text: String) throws(Failure) {
        let text = printable(text)
        try Output.standardError.write(style.dim(text.hasSuffix("\n") ? String(text.dropLast()) : text) + "\n")
    }
}

/// What was said, as the model is to see it.
struct Conversation {
    private enum Turn {
        case user(Prompt)
        case assistant(String)
    }

    /// Instructions before everything else.
    var system: String?
    private var turns: [Turn] = []

    var isEmpty: Bool { turns.isEmpty }

    mutating func append(question: Prompt) {
        turns.append(.user(question))
    }

    mutating func append(answer: String) {
        turns.append(.assistant(answer))
    }

    /// The last question was not answered: it never happened.
    mutating func dropQuestion() {
        if case .user? = turns.last { turns.removeLast() }
    }

    mutating func clear() {
        turns = []
    }

    /// Writes `messages`.
    func write(to writer: inout JSONWriter) {
        writer.key("messages")
        writer.beginArray()
        if let system { Self.write("system", system, to: &writer) }
        for turn in turns {
            switch turn {
            case .user(let prompt): prompt.writeMessage(to: &writer)
            case .assistant(let text): Self.write("assistant", text, to: &writer)
            }
        }
        writer.endArray()
    }

    private static func write(_ role: String, _ text: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("role", role)
        writer.field("content", text)
        writer.endObject()
    }
}
