import UltraAPI

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
