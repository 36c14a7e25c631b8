package import UltraAPI

/// Decodes the output of `docker model run` into answer events.
///
/// The output is the answer's text. Before it, there may be reasoning between `Thinking:` and a line `--`; after it, if
/// the engine counts tokens, `Token usage: P prompt + C completion = T total`. These markers are plain text, so a model
/// that writes them itself is misread; only the first and last ones are interpreted.
package struct DockerOutput: Sendable {
    private enum Place {
        case start, reasoning, text
    }

    private var place = Place.start
    /// Bytes that may belong to a marker or to an incomplete character.
    private var held: [UInt8] = []
    private let includesReasoning: Bool
    /// True once any text or reasoning was decoded, even if it was not delivered.
    package private(set) var hasContent = false

    package init(includesReasoning: Bool = true) {
        self.includesReasoning = includesReasoning
    }

    /// Decodes the next bytes of the output.
    package mutating func receive(_ bytes: [UInt8], into events: inout [AnswerEvent]) {
        held += bytes
        if place == .start {
            if held.count < Self.opening.count, Self.opening.starts(with: held) { return }
            place = held.starts(with: Self.opening) ? .reasoning : .text
            if place == .reasoning { held.removeFirst(Self.opening.count) }
        }
        if place == .reasoning, let mark = held.firstRange(of: Self.separator) {
            deliver(mark.lowerBound, into: &events)
            held.removeFirst(Self.separator.count)
            place = .text
        }
        deliver(safeCount, into: &events)
    }

    /// Ends the output after the program exited successfully: appends the text held back, the usage if it was printed,
    /// and `finish`. The program does not print a finish reason, so it is `stop`.
    package mutating func finish(into events: inout [AnswerEvent]) {
        let usage = DockerTrailer.usage(held)
        if usage == nil {
            // The program appends a line feed to the answer.
            if held.last == .lineFeed { held.removeLast() }
            deliver(held.count, into: &events)
        }
        if let usage { events.append(.usage(usage)) }
        events.append(.finish(.stop))
    }

    /// Delivers the first `count` bytes of `held`.
    private mutating func deliver(_ count: Int, into events: inout [AnswerEvent]) {
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

    /// The number of bytes that cannot belong to a marker or to an incomplete character.
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

    /// The length of `bytes` without an incomplete UTF-8 sequence at the end.
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
