/// A sequence of words with their white space: joined, they are the text.
enum MockWords: Sendable, IteratorProtocol {
    /// The part of a text that was not returned yet.
    case text(Substring.UTF8View)
    /// The index of the next word of the fixed text, which repeats for ever.
    case lorem(Int)

    mutating func next() -> String? {
        switch self {
        case .lorem(let index):
            self = .lorem(index + 1)
            let word = Self.lorem[index % Self.lorem.count]
            return index == 0 ? word : " " + word
        case .text(let rest):
            let space = rest.prefix(while: Self.isSpace)
            let word = rest[space.endIndex...].prefix { !Self.isSpace($0) }
            // Trailing white space belongs to the last word.
            let after = rest[word.endIndex...].prefix(while: Self.isSpace)
            let end = after.endIndex == rest.endIndex ? rest.endIndex : word.endIndex
            self = .text(rest[end...])
            return end == rest.startIndex ? nil : String(Substring(rest[..<end]))
        }
    }

    /// The number of words in a text, as counted for `usage`.
    static func count(_ text: String) -> Int {
        var count = 0
        var isInside = false
        for byte in text.utf8 {
            if isSpace(byte) {
                isInside = false
            } else if !isInside {
                isInside = true
                count += 1
            }
        }
        return count
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    private static let lorem: [String] =
        """
        Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore \
        magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo \
        consequat. Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla \
        pariatur. Excepteur sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id \
        est laborum.
        """
        .split(separator: " ").map(String.init)
}
