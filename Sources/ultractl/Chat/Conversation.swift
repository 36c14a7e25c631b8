import UltraAPI

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
