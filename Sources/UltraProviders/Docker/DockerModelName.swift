/// The many spellings of one model of Docker Model Runner.
enum DockerModelName {
    /// As people write it: without the registry and the default tag; `hf.co` for Hugging Face. An id of an untagged
    /// model, `sha256:…`, stays as it is.
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

    /// Other spellings of `short` that are in use.
    static func aliases(of short: String) -> [String] {
        guard !short.hasPrefix("sha256:") else { return [] }
        var aliases: [String] = []
        let name = short.split(separator: "/").last ?? ""
        if !name.contains(":") { aliases.append("\(short):latest") }
        // The default organisation.
        if short.hasPrefix("ai/") { aliases += [String(short.dropFirst(3)), "docker.io/\(short)"] }
        return aliases
    }

    /// Whether it can be an argument of a program: nothing that could be taken for a flag, and no white space.
    static func isArgument(_ name: String) -> Bool {
        guard let first = name.utf8.first, first != UInt8(ascii: "-"), name.utf8.count <= 512 else { return false }
        return name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
