/// A key as the documentation shows it.
struct SettingDescription: Sendable {
    /// From the table it is described in; `*` stands for any name, `[]` for an element of a list of tables.
    var path: [String]
    var doc: String
    var words: String
    var defaultText: String?
    var children: [SettingDescription]

    /// Itself, if it has a value of its own, else all that is in it.
    var leaves: [SettingDescription] {
        guard defaultText == nil else { return [self] }
        return children.flatMap(\.leaves).map { leaf in
            var leaf = leaf
            leaf.path = path + leaf.path
            return leaf
        }
    }

    /// The line above it in `etc/ultrad.toml`.
    var comment: String { "# \(doc). \(words.prefix(1).uppercased())\(words.dropFirst())." }
}
