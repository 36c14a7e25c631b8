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

/// The end of the output of `docker model run`: a blank line and the token counts, or only a line feed.
enum DockerTrailer {
    /// The maximum length: three numbers of twenty digits fit.
    static let limitBytes = 128

    private enum Piece {
        case word([UInt8])
        case number
    }

    private static let pieces: [Piece] = [
        .word(Array("\n\nToken usage: ".utf8)), .number, .word(Array(" prompt + ".utf8)), .number,
        .word(Array(" completion = ".utf8)), .number, .word(Array(" total\n".utf8)),
    ]

    /// True if `bytes` may be the beginning of the token counts.
    static func mayBegin(_ bytes: ArraySlice<UInt8>) -> Bool {
        read(bytes).isPrefix
    }

    /// The token counts, if `bytes` consist of them and their total is right; nil otherwise.
    static func usage(_ bytes: [UInt8]) -> Usage? {
        let numbers = read(bytes[...]).numbers
        guard numbers.count == 3, bytes.last == .lineFeed else { return nil }
        let (sum, overflow) = numbers[0].addingReportingOverflow(numbers[1])
        guard !overflow, sum == numbers[2] else { return nil }
        return Usage(inputTokens: numbers[0], outputTokens: numbers[1], source: .measured)
    }

    /// Matches `bytes` with the pattern. `isPrefix` is true if they end inside the pattern or exactly at its end;
    /// `numbers` is empty unless they end at its end.
    private static func read(_ bytes: ArraySlice<UInt8>) -> (isPrefix: Bool, numbers: [Int]) {
        var rest = bytes
        var numbers: [Int] = []
        for piece in pieces {
            switch piece {
            case .word(let word):
                let part = rest.prefix(word.count)
                guard word.starts(with: part) else { return (false, []) }
                rest = rest.dropFirst(part.count)
                if part.count < word.count { return (rest.isEmpty, []) }
            case .number:
                let digits = rest.prefix { (0x30...0x39).contains($0) }
                rest = rest.dropFirst(digits.count)
                if rest.isEmpty { return (true, []) }
                guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return (false, []) }
                numbers.append(number)
            }
        }
        return rest.isEmpty ? (true, numbers) : (false, [])
    }
}
