package import UltraAPI

/// What `docker model run` prints, as answer events.
///
/// The text as it streams; reasoning in front of it, between `Thinking:` and a line `--`; behind it, if the engine
/// counted, `Token usage: P prompt + C completion = T total`. The marks are text like any other, so a model that writes
/// them itself is misread; only the outermost count.
package struct DockerOutput: Sendable {
    private enum Place {
        case start, reasoning, text
    }

    private var place = Place.start
    /// What may turn out to be a mark, or half a character.
    private var held: [UInt8] = []
    private let includesReasoning: Bool
    /// Something was said, whether it is handed out or not.
    package private(set) var hasContent = false

    package init(includesReasoning: Bool = true) {
        self.includesReasoning = includesReasoning
    }

    /// Takes the next bytes the program printed.
    package mutating func receive(_ bytes: [UInt8], into events: inout [AnswerEvent]) {
        held += bytes
        if place == .start {
            if held.count < Self.opening.count, Self.opening.starts(with: held) { return }
            place = held.starts(with: Self.opening) ? .reasoning : .text
            if place == .reasoning { held.removeFirst(Self.opening.count) }
        }
        if place == .reasoning, let mark = held.firstRange(of: Self.separator) {
            hand(mark.lowerBound, into: &events)
            held.removeFirst(Self.separator.count)
            place = .text
        }
        hand(safeCount, into: &events)
    }

    /// The program ended well: what was held back, the usage if it was printed, and the end. Why the model stopped the
    /// program does not say.
    package mutating func finish(into events: inout [AnswerEvent]) {
        let usage = DockerTrailer.usage(held)
        if usage == nil {
            // The program ends its output with a line feed of its own.
            if held.last == .lineFeed { held.removeLast() }
            hand(held.count, into: &events)
        }
        if let usage { events.append(.usage(usage)) }
        events.append(.finish(.stop))
    }

    /// Hands out the first `count` bytes of what is held.
    private mutating func hand(_ count: Int, into events: inout [AnswerEvent]) {
        guard count > 0 else { return }
        let text = String(decoding: held[..<count], as: UTF8.self)
        held.removeFirst(count)
        hasContent = true
        if place != .reasoning {
            events.append(.text(text))
        } else if includesReasoning {
            events.append(.reasoning(text))
        }
    }

    /// How many bytes cannot belong to a mark or to a character that goes on.
    private var safeCount: Int {
        let reach = max(0, held.count - DockerTrailer.limitBytes)
        for index in reach..<held.count where held[index] == .lineFeed {
            let rest = held[index...]
            if DockerTrailer.mayBegin(rest) { return index }
            if place == .reasoning, Self.separator.starts(with: rest) { return index }
        }
        return Self.wholeCharacters(held)
    }

    private static let opening = Array("Thinking:\n".utf8)
    private static let separator = Array("\n\n--\n\n".utf8)

    /// The length of `bytes` without a UTF-8 sequence that their end cuts.
    private static func wholeCharacters(_ bytes: [UInt8]) -> Int {
        for back in 1...4 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }
}
