/// Which of the words that exist was meant by one that does not.
enum NearestWord {
    /// The word that takes the fewest edits, if that is at most a third of the letters, or that begins alike.
    static func of(_ word: String, among words: [String]) -> String? {
        let near = words.map { ($0, edits(Array(word), Array($0))) }.min { $0.1 < $1.1 }
        if let near, near.1 <= max(1, max(word.count, near.0.count) / 3) { return near.0 }
        let continued = words.filter { word.count > 1 && $0.hasPrefix(word) }
        return continued.count == 1 ? continued[0] : nil
    }

    /// Letters put in, left out, replaced, or swapped with their neighbour (optimal string alignment).
    private static func edits(_ from: [Character], _ to: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...to.count)
        for row in from.indices {
            var line = [row + 1]
            for column in to.indices {
                let isSame = from[row] == to[column]
                var best = min(last[column + 1] + 1, line[column] + 1, last[column] + (isSame ? 0 : 1))
                if row > 0, column > 0, from[row] == to[column - 1], from[row - 1] == to[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                line.append(best)
            }
            (beforeLast, last) = (last, line)
        }
        return last[to.count]
    }
}
