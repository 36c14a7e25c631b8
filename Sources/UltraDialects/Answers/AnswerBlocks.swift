internal import UltraAPI

/// Cuts the events of an answer into blocks that do not overlap, for dialects that send one block after the other.
///
/// Providers may alternate the pieces of several calls. Content that follows an incomplete call waits until the call is
/// complete, so that no piece is lost.
struct AnswerBlocks: Sendable {
    enum Kind: Sendable, Equatable {
        case text, reasoning
        case call(id: String, name: String)
    }

    enum Step: Sendable, Equatable {
        case open(Kind)
        case text(String)
        case reasoning(String)
        /// The signature of the open reasoning, at most one.
        case signature(String)
        case arguments(String)
        case close
    }

    private enum Open: Equatable {
        case nothing, text, reasoning
        case call(Int)
    }

    private var open = Open.nothing
    /// Arguments of the open call so far.
    private var arguments = ""
    /// The length of `arguments` when they were last found to be incomplete.
    private var incompleteBytes = -1
    /// The id and arguments of the open call while its name is unknown; nil: its block is open.
    private var unnamed: (id: String, arguments: String)?
    /// Events that wait for the open call to be complete.
    private var waiting: [AnswerEvent] = []

    /// Calls `write` for each step that the event leads to.
    mutating func receive(_ event: AnswerEvent, _ write: (Step) -> Void) {
        guard event.isContent else { return }
        guard case .call(let index) = open else { return place(event, write) }
        if case .toolCall(let piece) = event, piece.index == index {
            extend(piece, write)
            if !waiting.isEmpty, isComplete() { goOn(write) }
        } else if waiting.isEmpty, isComplete() {
            place(event, write)
        } else {
            waiting.append(event)
        }
    }

    /// Ends the answer: writes the waiting events, and closes the last block.
    mutating func finish(_ write: (Step) -> Void) {
        while !waiting.isEmpty {
            // The rest of the open call comes first, then the next block.
            gather(write)
            close(write)
            goOn(write)
        }
        close(write)
    }

    /// Writes all waiting pieces of the open call.
    private mutating func gather(_ write: (Step) -> Void) {
        guard case .call(let index) = open else { return }
        let events = waiting
        waiting = []
        for event in events {
            if case .toolCall(let piece) = event, piece.index == index {
                extend(piece, write)
            } else {
                waiting.append(event)
            }
        }
    }

    /// True if the open call's arguments are a complete JSON object.
    private mutating func isComplete() -> Bool {
        guard arguments.utf8.count != incompleteBytes, arguments.utf8.last == UInt8(ascii: "}") else { return false }
        if CallArguments.isObject(arguments) { return true }
        incompleteBytes = arguments.utf8.count
        return false
    }

    /// Receives the waiting events again, after the open call is complete.
    private mutating func goOn(_ write: (Step) -> Void) {
        let events = waiting
        waiting = []
        for event in events { receive(event, write) }
    }

    private mutating func place(_ event: AnswerEvent, _ write: (Step) -> Void) {
        switch event {
        case .text(let text):
            if open != .text { begin(.text, .text, write) }
            write(.text(text))
        case .reasoning(let text):
            if open != .reasoning { begin(.reasoning, .reasoning, write) }
            write(.reasoning(text))
        case .reasoningSignature(let signature):
            if open != .reasoning { begin(.reasoning, .reasoning, write) }
            write(.signature(signature))
            close(write)
        case .toolCall(let piece): begin(piece, write)
        case .providerModel, .usage, .finish, .warning: break
        }
    }

    private mutating func begin(_ kind: Open, _ block: Kind, _ write: (Step) -> Void) {
        close(write)
        open = kind
        write(.open(block))
    }

    private mutating func begin(_ piece: ToolCallDelta, _ write: (Step) -> Void) {
        close(write)
        if let signature = piece.signature {
            write(.open(.reasoning))
            write(.signature(CallSignature.written(signature)))
            write(.close)
        }
        open = .call(piece.index)
        unnamed = (piece.id ?? "", "")
        extend(piece, write)
    }

    private mutating func extend(_ piece: ToolCallDelta, _ write: (Step) -> Void) {
        arguments += piece.arguments
        guard let call = unnamed else {
            if !piece.arguments.isEmpty { write(.arguments(piece.arguments)) }
            return
        }
        unnamed?.arguments += piece.arguments
        if let name = piece.name { announce(call.id, name, write) }
    }

    private mutating func announce(_ id: String, _ name: String, _ write: (Step) -> Void) {
        write(.open(.call(id: id, name: name)))
        if let text = unnamed?.arguments, !text.isEmpty { write(.arguments(text)) }
        unnamed = nil
    }

    private mutating func close(_ write: (Step) -> Void) {
        guard open != .nothing else { return }
        if let call = unnamed { announce(call.id, "", write) }
        write(.close)
        open = .nothing
        arguments = ""
        incompleteBytes = -1
    }
}

extension AnswerBlocks {
    /// The steps of a complete answer.
    static func steps(_ answer: Answer) -> [Step] {
        answer.parts.flatMap { part -> [Step] in
            switch part {
            case .text(let text): [.open(.text), .text(text), .close]
            case .reasoning(let piece): reasoning(piece)
            case .call(let call):
                (call.signature.map { reasoning(ReasoningPiece(text: "", signature: CallSignature.written($0))) } ?? [])
                    + [.open(.call(id: call.id, name: call.name)), .arguments(call.arguments), .close]
            }
        }
    }

    private static func reasoning(_ piece: ReasoningPiece) -> [Step] {
        [.open(.reasoning)] + (piece.text.isEmpty ? [] : [.reasoning(piece.text)])
            + (piece.signature.map { [.signature($0)] } ?? []) + [.close]
    }
}

/// Signatures of calls in dialects that have signatures only for reasoning: they are sent as reasoning without text
/// directly before the call.
enum CallSignature {
    private static let prefix = "call:"

    static func written(_ signature: String) -> String { prefix + signature }

    /// The call's signature; nil: `signature` belongs to reasoning.
    static func read(_ signature: String) -> String? {
        signature.hasPrefix(prefix) ? String(signature.dropFirst(prefix.count)) : nil
    }
}
