/// What `docker model run` does to a prompt before the model sees it.
enum DockerPrompt {
    /// Whether it may put a file's contents in place of a name in `prompt`: `@path`, quoted or not, anywhere in a
    /// word; and a path that ends in the name of an image.
    ///
    /// Whether such a file exists is not asked: it may by the time the program looks. So an address such as
    /// `me@example.com` counts too.
    static func namesFiles(_ prompt: String) -> Bool {
        var isAfterAt = false
        for byte in prompt.utf8 {
            if isAfterAt, !isSpace(byte) { return true }
            isAfterAt = byte == UInt8(ascii: "@")
        }
        return namesImage(Array(prompt.utf8))
    }

    /// The white space of the program's own pattern.
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0C || byte == 0x0D
    }

    /// A path begins with a slash, a backslash or a quotation mark, and ends in one of four extensions; what lies
    /// between hardly matters.
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
