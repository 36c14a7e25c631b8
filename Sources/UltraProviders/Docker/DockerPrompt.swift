/// Checks prompts for the substitutions that `docker model run` makes.
enum DockerPrompt {
    /// True if the program might replace a name in `prompt` by the contents of a file: `@path`, quoted or not, anywhere
    /// in a word, or a path that ends in the extension of an image.
    ///
    /// The file's existence is not checked, because it may be created before the program looks for it. An address such
    /// as `me@example.com` therefore counts too.
    static func namesFiles(_ prompt: String) -> Bool {
        var isAfterAt = false
        for byte in prompt.utf8 {
            if isAfterAt, !isSpace(byte) { return true }
            isAfterAt = byte == UInt8(ascii: "@")
        }
        return namesImage(Array(prompt.utf8))
    }

    /// The white space of the program's regular expression.
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0C || byte == 0x0D
    }

    /// True if there is a path that begins with a slash, a backslash or a quotation mark and ends in the extension of
    /// an image. The characters in between hardly matter to the program.
    private static func namesImage(_ prompt: [UInt8]) -> Bool {
        guard let start = prompt.firstIndex(where: { pathMarks.contains($0) }) else { return false }
        for index in prompt[start...].indices where prompt[index] == UInt8(ascii: ".") {
            for name in extensions
            where prompt[(index + 1)...].prefix(name.count).lazy.map({ $0 | 0x20 }).elementsEqual(name) {
                return true
            }
        }
        return false
    }

    private static let pathMarks = Array(#"/\"'"#.utf8)
    private static let extensions = ["jpg", "jpeg", "png", "webp"].map { Array($0.utf8) }
}
