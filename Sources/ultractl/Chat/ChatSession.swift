import Glibc
import UltraAPI

/// A chat: handles lines, prints answers on standard output and everything else on standard error.
struct ChatSession {
    let options: Chat
    /// The model for the next message; `nil`: the daemon's default.
    private(set) var model: String?
    private(set) var conversation = Conversation()
    /// The files for the next message.
    private var attachments: [InputFile] = []
    private var showsStatistics: Bool
    /// Computed each time, because the width of the terminal may change.
    private var style: Style { Style(for: .standardError) }

    init(_ options: Chat) {
        self.options = options
        model = options.model
        conversation.system = options.system
        showsStatistics = options.stats
    }

    /// Sends a message or executes a command.
    ///
    /// - Returns: false if the chat ends.
    /// - Throws: the failure of the request, or `.usage` for a command that cannot be executed.
    mutating func handle(_ line: String) throws(Failure) -> Bool {
        switch ChatCommand(line) {
        case .message(let text): try send(text)
        case .model(nil): try note(model.map { "model \($0)" } ?? "the daemon's default model")
        case .model(let name): model = name
        case .system(nil): try note(conversation.system ?? "no system prompt")
        case .system("-"): conversation.system = nil
        case .system(let text): conversation.system = text
        case .file(let path):
            let file = try InputFile(path: path)
            guard file.imageType != nil || file.text != nil else { throw Prompt.unusable(file) }
            attachments.append(file)
            try note("\(file.lastComponent) is attached to the next message")
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
                "there is no command \(word)\(nearest.map { "; did you mean \($0)?" } ?? "; /help lists the commands")")
        }
        return true
    }

    // MARK: - Messages

    private mutating func send(_ text: String) throws(Failure) {
        var prompt = Prompt()
        prompt.append(text.contains { !$0.isWhitespace } ? text : "")
        for file in attachments { try prompt.append(attachment: file) }
        guard !prompt.isEmpty else { return }
        conversation.append(question: prompt)
        var received: [UInt8] = []
        do throws(Failure) {
            try ask { received += $0 }
            attachments = []
        } catch {
            // The conversation keeps the part of a cancelled answer that the user has seen.
            if case .interrupted = error, !received.isEmpty {
                attachments = []
                conversation.append(answer: String(decoding: received, as: UTF8.self))
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
        // A new connection for each answer: a late event of the last one must not be taken for an event of this one.
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

    /// Writes the fields that `/save` writes too.
    private func write(to writer: inout JSONWriter) {
        writer.fieldIfPresent("model", model)
        conversation.write(to: &writer)
        writer.fieldIfPresent("max_tokens", options.maxTokens)
        writer.fieldIfPresent("temperature", options.temperature)
    }

    // MARK: - Commands

    private func save(_ path: String) throws(Failure) {
        guard !conversation.isEmpty else { throw .usage("the conversation is empty") }
        var writer = JSONWriter()
        writer.beginObject()
        write(to: &writer)
        writer.endObject()
        // O_EXCL: an existing file is never overwritten.
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .usage("\(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let bytes = writer.bytes + [UInt8(ascii: "\n")]
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
            throw .usage("\(path): \(String(cString: strerror(errno)))")
        }
        try note("saved; to send it again: ultractl call generate \"$(cat \(path))\"")
    }

    private var help: String {
        var table = Table([.init(title: ""), .init(title: ""), .init(title: "", minimum: 24, overflow: .wrap)])
        for command in ChatCommand.all {
            table.append([.init(command.name), .init(command.argument), .init(command.help)])
        }
        table.append(["\\", "Enter", "continue the message on the next line, as Alt-Enter does"])
        table.append(["Ctrl-C", "", "cancel the answer, or discard the line"])
        table.append(["Tab", "", "complete a command or a model"])
        table.append(["//", "TEXT", "send a message that begins with a slash"])
        return table.render(style)
    }

    private func note(_ text: String) throws(Failure) {
        let text = printable(text)
        try Output.standardError.write(style.dim(text.hasSuffix("\n") ? String(text.dropLast()) : text) + "\n")
    }
}

/// The messages of a chat, as requests send them.
struct Conversation {
    private enum Turn {
        case user(Prompt)
        case assistant(String)
    }

    /// The system prompt.
    var system: String?
    private var turns: [Turn] = []

    var isEmpty: Bool { turns.isEmpty }

    mutating func append(question: Prompt) {
        turns.append(.user(question))
    }

    mutating func append(answer: String) {
        turns.append(.assistant(answer))
    }

    /// Removes the last question, which got no answer.
    mutating func dropQuestion() {
        if case .user? = turns.last { turns.removeLast() }
    }

    mutating func clear() {
        turns = []
    }

    /// Writes the field `messages`.
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
