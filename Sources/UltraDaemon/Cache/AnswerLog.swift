internal import UltraAPI

/// The content of an answer as it arrives, for readers at different positions. Pure.
///
/// Successive pieces of text are joined, so that a late or slow reader catches up in a few steps.
struct AnswerLog: Sendable {
    /// A reader's position: between two pieces, never inside one.
    struct Position: Sendable, Comparable {
        fileprivate(set) var segment = 0
        /// UTF-8 bytes already read of the segment.
        fileprivate(set) var offset = 0

        static func < (left: Position, right: Position) -> Bool {
            (left.segment, left.offset) < (right.segment, right.offset)
        }
    }

    private struct Segment: Sendable {
        enum Kind: Sendable, Equatable {
            case text, reasoning
            /// An event that is never split.
            case whole(AnswerEvent)
        }

        var kind: Kind
        var text = ""

        var byteCount: Int {
            switch kind {
            case .text, .reasoning: text.utf8.count
            case .whole(.toolCall(let call)): call.arguments.utf8.count + AnswerLog.overheadBytes
            case .whole(.reasoningSignature(let signature)): signature.utf8.count + AnswerLog.overheadBytes
            case .whole: AnswerLog.overheadBytes
            }
        }
    }

    /// A segment of text beyond this length takes no more pieces.
    static let segmentBytes = 64 << 10
    private static let overheadBytes = 128

    private var segments: [Segment] = []
    /// Segments dropped before `segments[0]`.
    private var dropped = 0
    private(set) var byteCount = 0

    init() {}

    /// All the content of a complete answer.
    init(_ answer: Answer) {
        var calls = 0
        for part in answer.parts {
            switch part {
            case .text(let text): append(.text(text))
            case .reasoning(let piece):
                append(.reasoning(piece.text))
                if let signature = piece.signature { append(.reasoningSignature(signature)) }
            case .call(let call):
                append(
                    .toolCall(
                        ToolCallDelta(
                            index: calls, id: call.id, name: call.name, arguments: call.arguments,
                            signature: call.signature)))
                calls += 1
            }
        }
    }

    var isEmpty: Bool { segments.isEmpty }

    /// Appends content; other events are part of the complete answer.
    mutating func append(_ event: AnswerEvent) {
        switch event {
        case .text(let piece): append(piece, .text)
        case .reasoning(let piece): append(piece, .reasoning)
        case .reasoningSignature, .toolCall:
            let segment = Segment(kind: .whole(event))
            segments.append(segment)
            byteCount += segment.byteCount
        case .providerModel, .usage, .finish, .warning: break
        }
    }

    private mutating func append(_ piece: String, _ kind: Segment.Kind) {
        guard !piece.isEmpty else { return }
        byteCount += piece.utf8.count
        if let last = segments.last, last.kind == kind, last.text.utf8.count < Self.segmentBytes {
            segments[segments.count - 1].text += piece
        } else {
            segments.append(Segment(kind: kind, text: piece))
        }
    }

    /// Returns the content after `position` and advances `position`; nil: there is none yet.
    func next(_ position: inout Position) -> AnswerEvent? {
        while position.segment - dropped < segments.count, position.segment >= dropped {
            let segment = segments[position.segment - dropped]
            if case .whole(let event) = segment.kind {
                position = Position(segment: position.segment + 1)
                return event
            }
            if let rest = Self.rest(of: segment.text, after: position.offset) {
                position.offset = segment.text.utf8.count
                return segment.kind == .text ? .text(rest) : .reasoning(rest)
            }
            guard position.segment - dropped + 1 < segments.count else { return nil }
            position = Position(segment: position.segment + 1)
        }
        return nil
    }

    /// True if there is nothing after `position`.
    func isEnd(_ position: Position) -> Bool {
        var position = position
        return next(&position) == nil
    }

    /// The text after `offset` bytes; nil: there is none.
    private static func rest(of text: String, after offset: Int) -> String? {
        guard offset < text.utf8.count else { return nil }
        return offset == 0 ? text : String(text[text.utf8.index(text.startIndex, offsetBy: offset)...])
    }

    /// Drops the segments that every reader has read.
    /// - Parameter position: of the slowest reader.
    mutating func drop(before position: Position) {
        let count = min(position.segment - dropped, segments.count)
        guard count > 0 else { return }
        byteCount -= segments[..<count].reduce(0) { $0 + $1.byteCount }
        segments.removeFirst(count)
        dropped += count
    }

    /// Returns `answer` with this content.
    func completed(_ answer: Answer) -> Answer {
        var answer = answer
        var position = Position()
        while let event = next(&position) { answer.receive(event, keepsContent: true) }
        return answer
    }
}
