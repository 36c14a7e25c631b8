/// The different spellings of a Model Runner model's name.
enum DockerModelName {
    /// The usual spelling: without registry and default tag, and `hf.co` for Hugging Face. The id of an untagged model,
    /// `sha256:…`, is unchanged.
    static func short(_ tag: String) -> String {
        var name = Substring(tag)
        if name.hasPrefix("sha256:") { return tag }
        for registry in ["docker.io/", "index.docker.io/"] where name.hasPrefix(registry) {
            name = name.dropFirst(registry.count)
        }
        if name.hasPrefix("huggingface.co/") { name = "hf.co/" + name.dropFirst("huggingface.co/".count) }
        if name.hasSuffix(":latest") { name = name.dropLast(":latest".count) }
        return String(name)
    }

    /// Other spellings of `short` in use.
    static func aliases(of short: String) -> [String] {
        guard !short.hasPrefix("sha256:") else { return [] }
        var aliases: [String] = []
        let name = short.split(separator: "/").last ?? ""
        if !name.contains(":") { aliases.append("\(short):latest") }
        // The default organisation may be omitted.
        if short.hasPrefix("ai/") { aliases += [String(short.dropFirst(3)), "docker.io/\(short)"] }
        return aliases
    }

    /// True if the name can be a program's argument: it cannot be taken for an option and has no white space.
    static func isArgument(_ name: String) -> Bool {
        guard let first = name.utf8.first, first != UInt8(ascii: "-"), name.utf8.count <= 512 else { return false }
        return name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
