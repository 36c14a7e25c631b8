/// The options every verb has may stand before the verb too: `ultractl --socket PATH status`.
enum LeadingOptions {
    private static let flags: Set = ["--json"]
    private static let options: Set = ["--socket", "--timeout"]

    /// The arguments with those options behind the verb, where the parser looks for them; what the user wrote behind
    /// the verb still comes later, and wins. Without a verb they mean nothing and are left out.
    static func behindVerb(_ arguments: [String]) -> [String] {
        var verb = 0
        while verb < arguments.count {
            let argument = arguments[verb]
            if flags.contains(argument) || options.contains(where: { argument.hasPrefix($0 + "=") }) {
                verb += 1
            } else if options.contains(argument) {
                verb += 2
            } else {
                break
            }
        }
        guard verb > 0 else { return arguments }
        guard verb < arguments.count else { return [] }
        // --help and --version stand alone.
        guard !arguments[verb].hasPrefix("-") else { return Array(arguments[verb...]) }
        return [arguments[verb]] + arguments[..<verb] + arguments[(verb + 1)...]
    }
}
